// Messages as people read them: days, and inside a day the runs of one person.
import type { Message } from '@/api';

export interface Run {
  senderId: string;
  messages: Message[];
}

export interface Day {
  /** Local date, YYYY-MM-DD. */
  date: string;
  runs: Run[];
}

/** A longer silence starts a new run, with its own time below it. */
const RUN_GAP_MS = 5 * 60_000;

/** `messages` oldest first. Days are those of the reader's clock. */
export function groupByDay(messages: readonly Message[]): Day[] {
  const days: Day[] = [];
  let previous: Message | undefined;
  for (const message of messages) {
    const date = localDate(new Date(message.created_at));
    let day = days.at(-1);
    if (day?.date !== date) {
      day = { date, runs: [] };
      days.push(day);
      previous = undefined;
    }
    const run = day.runs.at(-1);
    const continues = run && previous && run.senderId === message.sender_id && Date.parse(message.created_at) - Date.parse(previous.created_at) < RUN_GAP_MS;
    if (continues) run.messages.push(message);
    else day.runs.push({ senderId: message.sender_id, messages: [message] });
    previous = message;
  }
  return days;
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
