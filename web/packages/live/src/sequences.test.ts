// The rules one by one, and then thousands of random networks: whatever is lost, doubled or late, the marks never claim
// what was not seen, and asking for the holes ends with everything seen.
import { describe, expect, it } from 'vitest';
import { Counter } from './marks';
import { randomFrom } from './random.test.support';
import { Sequences } from './sequences';

/** One conversation over a network of its own; throws when the marks are wrong. */
function simulate(seed: number): void {
  const random = randomFrom(seed);
  const int = (below: number) => Math.floor(random() * below);
  const check = (holds: boolean, what: string) => {
    if (!holds) throw new Error(`seed ${seed}: ${what}`);
  };
  const marks = new Sequences();
  const seen = new Set<number>();
  const start = int(20);
  let server = start;
  const wire: { seq: number; prev: number }[] = [];
  marks.mention('c', server);
  const mark = () => marks.all()[0]?.c ?? 0;
  const allSeenUpTo = (upto: number) => Array.from({ length: upto - start }, (_, index) => start + 1 + index).every((seq) => seen.has(seq));
  const see = (from: number, upto: number) => {
    for (let seq = from + 1; seq <= upto; seq += 1) seen.add(seq);
  };
  const answer = () => {
    // An answer in one piece, or in several, of which the last may be lost with the connection.
    for (let at = marks.holes().c ?? server; at < server; ) {
      const upto = random() < 0.5 ? server : at + 1 + int(server - at);
      see(at, upto);
      marks.answered('c', at, upto);
      at = upto;
      if (random() < 0.2) return;
    }
  };
  for (let step = 0; step < 120; step += 1) {
    const what = random();
    if (what < 0.4) {
      server += 1;
      wire.push({ seq: server, prev: server - 1 });
    } else if (what < 0.75) {
      // Frames overtake each other, come twice, or never.
      const [frame] = wire.splice(int(Math.min(4, wire.length)), 1);
      const times = random() < 0.15 ? 0 : random() < 0.1 ? 2 : 1;
      if (!frame) continue;
      for (let time = 0; time < times; time += 1) {
        const isNew = marks.accept('c', frame.seq, frame.prev);
        check(isNew || seen.has(frame.seq), `${frame.seq} was dropped unseen`);
        seen.add(frame.seq);
      }
    } else if (what < 0.85) marks.mention('c', server);
    else if (what < 0.95) answer();
    else {
      // A history page that was read a while ago holds everything up to some point.
      const upto = start + int(server - start + 1);
      see(start, upto);
      marks.loaded('c', upto, 0);
    }
    check(allSeenUpTo(mark()), `the mark ${mark()} claims too much`);
  }
  marks.mention('c', server);
  for (let round = 0; round < 100 && marks.holes().c !== undefined; round += 1) answer();
  check(mark() === server, `the mark ends at ${mark()}, the server at ${server}`);
  check(allSeenUpTo(server), 'something was never seen');
}

describe('sequences', () => {
  it('follow frames, keep what lies behind a hole, and join it on', () => {
    const marks = new Sequences();
    marks.mention('c', 1);
    expect(marks.accept('c', 2, 1)).toBe(true);
    expect(marks.accept('c', 2, 1)).toBe(false);
    expect(marks.accept('c', 5, 4)).toBe(true);
    expect(marks.accept('c', 4, 3)).toBe(true);
    expect(marks.holes()).toEqual({ c: 2 });
    marks.answered('c', 2, 3);
    expect(marks.holes()).toEqual({});
    expect(marks.all()).toEqual([{ c: 5 }]);
  });

  it('do not believe an answer that begins behind a hole', () => {
    const marks = new Sequences();
    marks.mention('c', 10);
    marks.loaded('c', 5, 0);
    marks.answered('c', 10, 20);
    expect(marks.holes()).toEqual({ c: 5 });
    marks.answered('c', 5, 12);
    expect(marks.holes()).toEqual({});
    expect(marks.all()).toEqual([{ c: 20 }]);
  });

  it('take a history whose newest messages are gone for what it is', () => {
    const marks = new Sequences();
    marks.mention('c', 1_500);
    // Everything has expired: the page is empty, and was asked for when the server had said 1500.
    marks.loaded('c', 0, marks.known('c'));
    expect(marks.holes()).toEqual({});
    // Without that knowledge the server answers with a gap, and the next page is believed.
    const other = new Sequences();
    other.mention('c', 1_500);
    other.loaded('c', 0, 0);
    expect(other.holes()).toEqual({ c: 0 });
    other.skip('c', 1_500);
    other.loaded('c', 0, other.known('c'));
    expect(other.holes()).toEqual({});
  });

  it('do not take a page that was asked for before a gap for one that was read after it', () => {
    const marks = new Sequences();
    marks.mention('c', 10);
    const began = marks.known('c');
    marks.skip('c', 2_000);
    marks.loaded('c', 1_999, began);
    expect(marks.holes()).toEqual({ c: 1_999 });
  });

  it('go back when something may have been missed, and never forward', () => {
    const marks = new Sequences();
    marks.rewind('c', 3);
    expect(marks.tracks('c')).toBe(false);
    marks.mention('c', 5);
    marks.rewind('c', 9);
    expect(marks.seen('c')).toBe(5);
    marks.rewind('c', 3);
    expect(marks.holes()).toEqual({ c: 3 });
  });

  it('follow a server that was restored from a backup', () => {
    const marks = new Sequences();
    marks.mention('c', 90);
    marks.skip('c', 40);
    expect(marks.accept('c', 41, 40)).toBe(true);
    expect(marks.all()).toEqual([{ c: 41 }]);
  });

  it('stop asking for what the server does not show', () => {
    const marks = new Sequences();
    marks.mention('left', 3);
    marks.mention('left', 5);
    marks.mention('hidden', 3);
    marks.mention('hidden', 5);
    const asked = marks.holes();
    marks.answered('left', 3, 4);
    marks.settle(asked, { left: 5, hidden: 5 }, new Set(['left']));
    expect(marks.holes()).toEqual({});
    expect(marks.tracks('hidden')).toBe(false);
    // What was mentioned after the question is still asked for.
    marks.mention('left', 7);
    marks.settle({ left: 4 }, { left: 6 }, new Set(['left']));
    expect(marks.holes()).toEqual({ left: 4 });
  });

  it('name all conversations, two hundred at a time, the latest first', () => {
    const marks = new Sequences();
    for (let index = 0; index < 450; index += 1) marks.mention(`c${index}`, 1);
    const parts = marks.all();
    expect(parts.map((part) => Object.keys(part).length)).toEqual([200, 200, 50]);
    expect(Object.keys(parts[0] ?? {})).toContain('c449');
    expect(new Set(parts.flatMap(Object.keys)).size).toBe(450);
  });

  it('never claim what was not seen, and see everything in the end, in any network', () => {
    for (let seed = 0; seed < 1_000; seed += 1) simulate(seed);
  });
});

describe('the counter of memberships', () => {
  it('takes a change alone only when it joins on', () => {
    const counter = new Counter();
    counter.note(3);
    expect(counter.value).toBeUndefined();
    counter.reach(3);
    counter.note(5);
    expect(counter.isBehind(5)).toBe(true);
    counter.note(4);
    expect(counter.value).toBe(5);
    counter.note(2);
    expect(counter.value).toBe(5);
  });
});
