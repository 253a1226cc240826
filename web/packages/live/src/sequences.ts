// How far each conversation has been seen without a hole. Pure bookkeeping: no sockets, no timers.
//
// Every change in a conversation takes its next sequence number, and a frame says which one came before it. If that
// one is not the last we have, something is missing: the frame is shown, but the mark stays where it is until the
// missing part has arrived, so that a reconnect asks from the right place.
import type { Marks } from './protocol';

interface Track {
  /** Everything up to here has been seen. */
  seq: number;
  /** Frames past a hole: prev_seq → seq. */
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
    track.known = Math.max(track.known, seq);
    track.ahead.set(prevSeq, seq);
    this.#advance(track);
    return true;
  }

  /** After rows up to `upto` (or a history reload) the view equals the server's at `upto`. */
  reached(id: string, upto: number): void {
    const track = this.#touch(id, upto);
    track.seq = Math.max(track.seq, upto);
    track.known = Math.max(track.known, upto);
    for (const [prev, seq] of track.ahead) if (seq <= track.seq) track.ahead.delete(prev);
    this.#advance(track);
  }

  /** The server says the conversation is at `seq`. Starts tracking it there when it is new to us. */
  mention(id: string, seq: number): void {
    const track = this.#touch(id, seq);
    track.known = Math.max(track.known, seq);
  }

  /** A page of history ends at `seq`, so what came after it has to be asked for again. */
  rewind(id: string, seq: number): void {
    const track = this.#touch(id, seq);
    if (seq >= track.seq) {
      this.reached(id, seq);
      return;
    }
    track.seq = seq;
  }

  tracks(id: string): boolean {
    return this.#tracks.has(id);
  }

  hasHole(id: string): boolean {
    const track = this.#tracks.get(id);
    return track !== undefined && track.known > track.seq;
  }

  holes(): Marks {
    return this.#marks((track) => track.known > track.seq);
  }

  all(): Marks {
    return this.#marks(() => true);
  }

  clear(): void {
    this.#tracks.clear();
  }

  #marks(wanted: (track: Track) => boolean): Marks {
    const entries = [...this.#tracks].filter(([, track]) => wanted(track)).map(([id, track]) => [id, track.seq] as const);
    return Object.fromEntries(entries.slice(-MAX_RESUMED));
  }

  #touch(id: string, initial: number): Track {
    const track = this.#tracks.get(id) ?? { seq: initial, ahead: new Map<number, number>(), known: initial };
    this.#tracks.delete(id);
    this.#tracks.set(id, track);
    return track;
  }

  #advance(track: Track): void {
    for (let next = track.ahead.get(track.seq); next !== undefined; next = track.ahead.get(track.seq)) {
      track.ahead.delete(track.seq);
      track.seq = next;
    }
  }
}
