// Messages as people read them: days, and inside a day the runs of one person, what happened to the conversation, and
// where the unread ones begin.
import type { Message } from '@/api';

export type Block = { type: 'run'; senderId: string; messages: Message[] } | { type: 'event'; message: Message } | { type: 'unread' } | { type: 'hole'; before: string };

export interface Day {
  /** Local date, YYYY-MM-DD. */
  date: string;
  blocks: Block[];
}

/** A longer silence starts a new run, with its own time below it. */
const RUN_GAP_MS = 5 * 60_000;

/**
 * `messages` oldest first. Days are those of the reader's clock. The unread mark stands before `firstUnreadId`, and before
 * each of `holes` that something is missing.
 */
export function toTimeline(messages: readonly Message[], firstUnreadId?: string | null, holes?: ReadonlySet<string>): Day[] {
  const days: Day[] = [];
  let previous: Message | undefined;
  for (const message of messages) {
    const date = localDate(new Date(message.created_at));
    let day = days.at(-1);
    if (day?.date !== date) {
      day = { date, blocks: [] };
      days.push(day);
    }
    if (holes?.has(message.id)) day.blocks.push({ type: 'hole', before: message.id });
    if (message.id === firstUnreadId) day.blocks.push({ type: 'unread' });
    const block = day.blocks.at(-1);
    if (message.kind === 'event') day.blocks.push({ type: 'event', message });
    else if (block?.type === 'run' && previous && block.senderId === message.sender_id && isSoonAfter(previous, message)) block.messages.push(message);
    else day.blocks.push({ type: 'run', senderId: message.sender_id, messages: [message] });
    previous = message;
  }
  return days;
}

function isSoonAfter(previous: Message, message: Message): boolean {
  return Date.parse(message.created_at) - Date.parse(previous.created_at) < RUN_GAP_MS;
}

/** The first message of others after the read mark; null when there is none, or when it may be on an older page. */
export function firstUnread(messages: readonly Message[], readSeq: number, meId: string, hasOlder: boolean): string | null {
  const index = messages.findIndex((message) => message.seq > readSeq && message.kind === 'text' && !message.deleted_at && message.sender_id !== meId);
  const isCertain = index > 0 || !hasOlder || (messages[0]?.seq ?? 0) <= readSeq;
  return index >= 0 && isCertain ? (messages[index]?.id ?? null) : null;
}

export function localDate(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** "today", "yesterday", or the date to be written out. */
export function dayName(date: string, now: Date): 'today' | 'yesterday' | Date {
  if (date === localDate(now)) return 'today';
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (date === localDate(yesterday)) return 'yesterday';
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  return new Date(year, month - 1, day);
}
