// The rules one by one, and then random orders in which the words of a server about messages and read marks arrive.
import { describe, expect, it } from 'vitest';
import type { Conversation, Message } from '@/api';
import { aConversation, aMessage } from './testing/server';
import { withHeard, withRead, withServerRead, withWord } from './unread';

const message = (number: number, over: Partial<Message> = {}) => aMessage(number, over);
const at = (number: number, unread: number, over: Partial<Conversation> = {}) =>
  withWord(undefined, aConversation({ last_seq: number, read_seq: number - unread, unread_count: unread, last_message: message(number), ...over }));
const hear = (conversation: Conversation, ...messages: Message[]) => withHeard(conversation, messages, 'me');
const read = (conversation: Conversation, seq: number, unread: number | null, asOf: number | null = null) => withServerRead(conversation, { seq, unread, asOf });
const gone = (number: number, changedSeq: number) => message(number, { changed_seq: changedSeq, body: '', deleted_at: '2026-06-01T04:00:00Z' });

describe('what is unread', () => {
  it('counts a message that comes behind a hole, and those in the hole not twice', () => {
    const behind = hear(at(10, 0), message(12));
    expect(behind.unread_count).toBe(2);
    expect(hear(behind, message(11)).unread_count).toBe(2);
    expect(hear(behind, message(11), message(12), message(13)).unread_count).toBe(3);
  });

  it('counts what was missed in whatever pieces it comes', () => {
    const changed = hear(at(10, 0), message(5, { changed_seq: 14 }));
    expect(changed.unread_count).toBe(0);
    expect(hear(hear(changed, message(11)), message(12), message(13)).unread_count).toBe(3);
  });

  it('knows when another device has read up to a message, while the next one is on its way', () => {
    // Another device reads 10 while 11 arrives: the server has counted 11 already.
    const told = read(at(10, 3), 10, 1, 11);
    expect(told).toMatchObject({ isCertain: true, conversation: { read_seq: 10, unread_count: 1 } });
    expect(hear(told.conversation, message(11)).unread_count).toBe(1);
    expect(hear(told.conversation, message(13)).unread_count).toBe(3);
    expect(hear(told.conversation, message(13), message(12), message(11)).unread_count).toBe(3);
  });

  it('adds what has come since the server counted', () => {
    const heard = hear(at(10, 3), message(11), message(12));
    expect(read(heard, 10, 0, 10).conversation.unread_count).toBe(2);
    expect(read(heard, 10, 1, 11).conversation.unread_count).toBe(2);
    // A change that is no message has moved the seq on.
    expect(read(heard, 12, 0, 14).conversation.unread_count).toBe(0);
  });

  it('goes by the message when an older server does not say as of when it counted, and says when there is none', () => {
    const told = read(at(10, 3), 10, 1, null);
    expect(told.isCertain).toBe(true);
    expect(hear(told.conversation, message(11)).unread_count).toBe(1);
    expect(read(at(10, 3), 8, 2)).toMatchObject({ isCertain: false, conversation: { unread_count: 2 } });
  });

  it('is not believed when it was counted before anything that is still remembered', () => {
    const busy = hear(at(10, 3), ...Array.from({ length: 80 }, (_, index) => message(11 + index)));
    expect(busy.unread_count).toBe(83);
    expect(read(busy, 10, 0, 10).isCertain).toBe(false);
    expect(read(busy, 60, 30, 90)).toMatchObject({ isCertain: true, conversation: { unread_count: 30 } });
  });

  it('forgets no message of a hundred that come after a read mark', () => {
    const { conversation } = read(at(10, 3), 10, 1, 11);
    expect(hear(conversation, ...Array.from({ length: 100 }, (_, index) => message(12 + index))).unread_count).toBe(101);
  });

  it('is what follows what was read here or written oneself', () => {
    const heard = hear(at(10, 3), message(11), message(12));
    expect(withRead(heard, message(11))).toMatchObject({ read_seq: 11, unread_count: 1 });
    expect(hear(heard, message(13, { sender_id: 'me' }), message(14))).toMatchObject({ read_seq: 13, unread_count: 1 });
    expect(withRead(withRead(heard, message(12)), message(10)).read_seq).toBe(12);
  });

  it('is not taken back by an answer that was written before', () => {
    const mine = withRead(hear(at(10, 3), message(11)), message(11));
    const old = aConversation({ last_seq: 10, read_seq: 7, unread_count: 3, last_message: message(10) });
    expect(withWord(mine, old)).toMatchObject({ read_seq: 11, unread_count: 0 });
    expect(withWord(hear(at(10, 3), message(11)), old)).toMatchObject({ unread_count: 4 });
    expect(withWord(hear(at(10, 3), message(11)), { ...old, membership_seq: 2, muted_until: 'later' })).toMatchObject({ unread_count: 4, muted_until: 'later' });
    const anew = aConversation({ joined_seq: 10, last_seq: 10, read_seq: 10, unread_count: 0, last_message: message(10) });
    expect(withWord(mine, anew)).toMatchObject({ read_seq: 10, unread_count: 0 });
  });

  it('loses what is deleted, once, however often and however it is told', () => {
    const told = hear(at(10, 3), gone(9, 11));
    expect(told.unread_count).toBe(2);
    expect(hear(told, gone(9, 11)).unread_count).toBe(2);
    const twelfth = { number: 11 };
    expect(hear(hear(told, message(12, twelfth)), gone(9, 11), { ...gone(12, 13), ...twelfth }).unread_count).toBe(2);
    // It was read, or was counted without it already.
    expect(hear(at(10, 3), gone(7, 11)).unread_count).toBe(3);
    expect(hear(at(10, 3), gone(9, 10)).unread_count).toBe(3);
    // As it came from the memory of this device, and as another answer tells it.
    const kept = JSON.parse(JSON.stringify(told)) as Conversation;
    expect(hear(withWord(undefined, kept), gone(9, 11)).unread_count).toBe(2);
    const word = aConversation({ last_seq: 11, read_seq: 7, unread_count: 2, last_message: message(10) });
    expect(hear(withWord(told, word), gone(9, 11)).unread_count).toBe(2);
    // What was written and deleted while nobody was connected comes as deleted only.
    expect(hear(at(10, 0), gone(11, 12), message(13, { number: 12 })).unread_count).toBe(1);
  });

  it('loses what is deleted behind a mark that is read meanwhile, here or elsewhere', () => {
    const told = hear(at(10, 3), gone(9, 11));
    expect(withRead(told, message(8)).unread_count).toBe(1);
    expect(withRead(told, message(9)).unread_count).toBe(1);
    expect(hear(withRead(at(10, 3), message(8)), gone(9, 11)).unread_count).toBe(1);
    // Counted before the deletion, or after it.
    expect(read(told, 8, 2, 10).conversation.unread_count).toBe(1);
    expect(read(told, 8, 1, 11).conversation.unread_count).toBe(1);
    expect(hear(read(at(10, 3), 8, 2, 10).conversation, gone(9, 11)).unread_count).toBe(1);
    // The screen knows what was deleted before the conversation was read.
    const before = at(10, 2, { read_seq: 7 });
    expect(withRead(before, message(8), [gone(9, 10)]).unread_count).toBe(1);
  });

  it('goes by the number that the server says it has counted to, also where messages were deleted', () => {
    const { conversation } = withServerRead(at(10, 3), { seq: 10, unread: 0, asOf: 14, number: 12 });
    expect(conversation.unread_count).toBe(0);
    expect(hear(conversation, message(16, { number: 14 })).unread_count).toBe(2);
  });

  it('is asked for again when more was deleted than is remembered', () => {
    const busy = hear(at(200, 150), ...Array.from({ length: 80 }, (_, index) => gone(60 + index, 201 + index)));
    expect(read(busy, 100, 60, 210).isCertain).toBe(false);
    expect(read(busy, 100, 60, 280)).toMatchObject({ isCertain: true, conversation: { unread_count: 60 } });
  });

  it('is what the server says in the end, in any order', () => {
    for (let seed = 0; seed < 2_000; seed += 1) wander(seed);
  });
});

/** mulberry32, so that a failure can be repeated from its seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Messages overtake each other and read marks; marks keep their order, as the server sends them. */
function wander(seed: number): void {
  const random = randomFrom(seed);
  const int = (below: number) => Math.floor(random() * below);
  const rows: Message[] = [];
  const deletedAt = '2026-06-01T04:00:00Z';
  let seq = 0;
  let readSeq = 0;
  let local: Conversation | null = null;
  const messages: Message[] = [];
  const marks: { seq: number; unread: number; asOf: number; number: number }[] = [];
  const unread = () => rows.filter((row) => row.seq > readSeq && row.deleted_at === null).length;
  const word = () => aConversation({ last_seq: seq, read_seq: readSeq, unread_count: unread(), last_message: rows.at(-1) ?? null });
  const act = (end: boolean) => {
    const what = end ? 5 + int(2) : int(10);
    if (what < 3) {
      seq += 1;
      const isMine = random() < 0.1;
      const row = aMessage(seq, { number: rows.length + 1, sender_id: isMine ? 'me' : 'mara' });
      rows.push(row);
      if (isMine) readSeq = seq;
      messages.push(row);
    } else if (what === 3) seq += 1;
    else if (what === 4) {
      const to = rows[int(rows.length)];
      if (!to || to.seq <= readSeq) return;
      readSeq = to.seq;
      marks.push({ seq: readSeq, unread: unread(), asOf: seq, number: rows.length });
    } else if (what === 5) {
      const [mark] = marks.splice(0, 1);
      if (mark && local) local = withServerRead(local, mark).conversation;
    } else if (what === 6) {
      const [next] = messages.splice(int(Math.min(4, messages.length)), 1);
      if (next && local) local = withHeard(local, [next], 'me');
    } else if (what === 8) {
      const index = int(rows.length);
      const old = rows[index];
      if (!old || old.deleted_at !== null) return;
      seq += 1;
      rows[index] = { ...old, body: '', deleted_at: deletedAt, changed_seq: seq };
      messages.push(rows[index]);
    } else if (what === 7 && random() < 0.2) local = withWord(local ?? undefined, word());
  };
  act(false);
  local = withWord(undefined, word());
  for (let step = 0; step < 60; step += 1) act(false);
  while (messages.length > 0 || marks.length > 0) act(true);
  if (local.unread_count !== unread()) throw new Error(`seed ${seed}: ${local.unread_count} instead of ${unread()}`);
}
