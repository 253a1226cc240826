import { describe, expect, it } from 'vitest';
import type { Message } from '@/api';
import { dayName, firstUnread, localDate, toTimeline } from './timeline';

const at = (sender: string, time: string, over: Partial<Message> = {}): Message =>
  ({ id: time + sender, sender_id: sender, kind: 'text', seq: 0, created_at: new Date(time).toISOString(), ...over }) as Message;
const shape = (messages: Message[], unread?: string) =>
  toTimeline(messages, unread).map((day) => [day.date, ...day.blocks.map((block) => (block.type === 'run' ? `${block.senderId}${block.messages.length}` : block.type))]);

describe('the timeline', () => {
  it('makes a day of the reader’s clock, and runs of one person', () => {
    const messages = [at('a', '2026-06-01T22:10:00'), at('a', '2026-06-01T22:11:00'), at('b', '2026-06-01T22:12:00'), at('b', '2026-06-02T00:01:00')];
    expect(shape(messages)).toEqual([
      ['2026-06-01', 'a2', 'b1'],
      ['2026-06-02', 'b1'],
    ]);
  });

  it('starts a new run after five minutes of silence', () => {
    expect(shape([at('a', '2026-06-01T10:00:00'), at('a', '2026-06-01T10:04:59'), at('a', '2026-06-01T10:10:00')])).toEqual([['2026-06-01', 'a2', 'a1']]);
  });

  it('lets an event and the unread mark interrupt a run', () => {
    const messages = [at('a', '2026-06-01T10:00:00'), at('a', '2026-06-01T10:00:01', { kind: 'event' }), at('a', '2026-06-01T10:00:02'), at('a', '2026-06-01T10:00:03')];
    expect(shape(messages, messages[3]?.id)).toEqual([['2026-06-01', 'a1', 'event', 'a1', 'unread', 'a1']]);
  });

  it('names today and yesterday, also across a month', () => {
    const now = new Date(2026, 2, 1, 3, 0);
    expect(dayName(localDate(now), now)).toBe('today');
    expect(dayName('2026-02-28', now)).toBe('yesterday');
    expect(dayName('2026-02-27', now)).toEqual(new Date(2026, 1, 27));
  });

  it('has no days without messages', () => {
    expect(toTimeline([])).toEqual([]);
  });
});

describe('where the unread ones begin', () => {
  const of = (seq: number, sender = 'b', over: Partial<Message> = {}) => at(sender, '2026-06-01T10:00:00', { id: `m${seq}`, seq, ...over });

  it('is the first message of others after the mark', () => {
    expect(firstUnread([of(1), of(2), of(3)], 1, 'a', false)).toBe('m2');
    expect(firstUnread([of(1), of(2, 'b', { deleted_at: '2026-06-01T10:00:00Z' }), of(3)], 1, 'a', false)).toBe('m3');
    expect(firstUnread([of(1), of(2, 'a'), of(3, 'b', { kind: 'event' }), of(4)], 1, 'a', false)).toBe('m4');
    expect(firstUnread([of(1), of(2)], 2, 'a', false)).toBeNull();
  });

  it('is not guessed when it may be older than what is loaded', () => {
    expect(firstUnread([of(5), of(6)], 1, 'a', true)).toBeNull();
    expect(firstUnread([of(5), of(6)], 5, 'a', true)).toBe('m6');
  });
});
