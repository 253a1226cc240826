import { describe, expect, it } from 'vitest';
import type { Message } from '@/api';
import { dayName, groupByDay, localDate } from './days';

const at = (sender: string, time: string): Message => ({ id: time + sender, sender_id: sender, created_at: new Date(time).toISOString() }) as Message;
const shape = (messages: Message[]) => groupByDay(messages).map((day) => [day.date, ...day.runs.map((run) => `${run.senderId}${run.messages.length}`)]);

describe('grouping messages', () => {
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

  it('names today and yesterday, also across a month', () => {
    const now = new Date(2026, 2, 1, 3, 0);
    expect(dayName(localDate(now), now)).toBe('today');
    expect(dayName('2026-02-28', now)).toBe('yesterday');
    expect(dayName('2026-02-27', now)).toEqual(new Date(2026, 1, 27));
  });

  it('has no days without messages', () => {
    expect(groupByDay([])).toEqual([]);
  });
});
