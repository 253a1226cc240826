// How far each conversation has been seen without a hole. Pure bookkeeping: no sockets, no timers.
//
// Every change in a conversation takes its next sequence number. Whatever the server sends covers a range: a live frame
// everything after `prev_seq` up to its `seq`, an answer to `resume` everything in (`from`, `upto`]. What does not join on
// to what was seen is kept as a range of its own: it is shown, but the mark stays where it is until the missing part has
// arrived, so that a reconnect asks from the right place.
import type { Marks } from './protocol';

interface Track {
  /** Everything up to here has been seen. */
  seq: number;
  /** Ranges past a hole: from → upto. */
  ahead: Map<number, number>;
  /** The newest number the server has mentioned. */
  known: number;
}

/** As many marks as fit comfortably in one 16 KiB frame with UUID keys. */
const MAX_RESUMED = 200;

export class Sequences {
  // Insertion order doubles as recency: touched conversations move to the end.
  readonly #tracks = new Map<string, Track>();

  /** Takes a live frame. False: it was seen before and should be dropped. */
  accept(id: string, seq: number, prevSeq: number): boolean {
    const track = this.#touch(id, prevSeq);
    if (seq <= track.seq || [...track.ahead.values()].includes(seq)) return false;
    cover(track, prevSeq, seq);
    return true;
  }

  /** After an answer about (`from`, `upto`] the view equals the server's there. */
  answered(id: string, from: number, upto: number): void {
    cover(this.#touch(id, from), from, upto);
  }

  /** The server will not tell what changed up to `upto`: the history has to be read again, and will hold it. */
  skip(id: string, upto: number): void {
    const track = this.#touch(id, upto);
    // The server may be behind us, restored from a backup; its numbers are the ones that count.
    track.seq = track.known = upto;
    track.ahead.clear();
  }

  /** The server says the conversation is at `seq`. Starts tracking it there when it is new to us. */
  mention(id: string, seq: number): void {
    const track = this.#touch(id, seq);
    track.known = Math.max(track.known, seq);
  }

  /**
   * A page of history ends at `seq`: what came after it has to be asked for, whatever was seen before. It was asked for
   * when the server had mentioned `began`, so it holds all of that.
   */
  loaded(id: string, seq: number, began: number): void {
    const track = this.#touch(id, seq);
    const reached = Math.max(seq, began);
    if (reached >= track.seq) cover(track, 0, reached);
    else track.seq = reached;
  }

  /** Everything up to here has been seen; undefined when nothing is known of it. */
  seen(id: string): number | undefined {
    return this.#tracks.get(id)?.seq;
  }

  /** What came after `seq` has to be asked for again. */
  rewind(id: string, seq: number): void {
    const track = this.#tracks.get(id);
    if (track && seq < track.seq) track.seq = seq;
  }

  /** The newest number the server has mentioned; what is read from now on includes it. */
  known(id: string): number {
    return this.#tracks.get(id)?.known ?? 0;
  }

  /**
   * An answer to a question about `asked` is complete. What it left open is not ours to see: conversations without any
   * answer are forgotten, and numbers mentioned before the question that it did not reach are given up.
   */
  settle(asked: Marks, knownWhenAsked: Marks, answered: ReadonlySet<string>): void {
    for (const id of Object.keys(asked)) {
      const track = this.#tracks.get(id);
      if (!track) continue;
      if (!answered.has(id)) this.#tracks.delete(id);
      else if (track.known <= (knownWhenAsked[id] ?? 0)) track.known = Math.max(track.seq, ...track.ahead.values());
    }
  }

  forget(id: string): void {
    this.#tracks.delete(id);
  }

  tracks(id: string): boolean {
    return this.#tracks.has(id);
  }

  /** Where to ask from, for every conversation that misses something. */
  holes(): Marks {
    return toMarks([...this.#tracks].filter(([, track]) => track.known > track.seq).slice(-MAX_RESUMED));
  }

  /** All marks, the most recent conversations first, in parts that each fit one frame. */
  all(): Marks[] {
    const tracks = [...this.#tracks].toReversed();
    const parts: Marks[] = [];
    for (let start = 0; start < tracks.length; start += MAX_RESUMED) parts.push(toMarks(tracks.slice(start, start + MAX_RESUMED)));
    return parts;
  }

  clear(): void {
    this.#tracks.clear();
  }

  #touch(id: string, initial: number): Track {
    const track = this.#tracks.get(id) ?? { seq: initial, ahead: new Map<number, number>(), known: initial };
    this.#tracks.delete(id);
    this.#tracks.set(id, track);
    return track;
  }
}

function cover(track: Track, from: number, upto: number): void {
  track.known = Math.max(track.known, upto);
  if (from > track.seq) {
    track.ahead.set(from, Math.max(upto, track.ahead.get(from) ?? 0));
    return;
  }
  track.seq = Math.max(track.seq, upto);
  // What waited behind the hole may join on now, one range after the other.
  for (const [start, end] of [...track.ahead].toSorted(([a], [b]) => a - b)) {
    if (start > track.seq) break;
    track.seq = Math.max(track.seq, end);
    track.ahead.delete(start);
  }
}

function toMarks(tracks: readonly (readonly [string, Track])[]): Marks {
  return Object.fromEntries(tracks.map(([id, track]) => [id, track.seq]));
}
