// Messages that end: in conversations with a retention time nothing older is shown anywhere, even before the server has
// taken it away.
import { useEffect, useState } from 'react';
import type { Message } from '@/api';

/** A timer that is longer fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function endOf({ created_at: writtenAt }: Message, retentionSeconds: number): number {
  return Date.parse(writtenAt) + retentionSeconds * 1_000;
}

export function isOver(message: Message, retentionSeconds: number | null, now: number): boolean {
  return retentionSeconds !== null && endOf(message, retentionSeconds) <= now;
}

export function withoutEnded(messages: readonly Message[], retentionSeconds: number | null, now: number): readonly Message[] {
  return messages.some((message) => isOver(message, retentionSeconds, now)) ? messages.filter((message) => !isOver(message, retentionSeconds, now)) : messages;
}

/** The time, renewed whenever one of the messages ends. */
export function useEndings(messages: readonly Message[], retentionSeconds: number | null): number {
  const [now, setNow] = useState(() => Date.now());
  const next = retentionSeconds === null ? Infinity : Math.min(...messages.map((message) => endOf(message, retentionSeconds)).filter((end) => end > now));
  useEffect(() => {
    if (next === Infinity) return undefined;
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      clearTimeout(timer);
      const left = next - Date.now();
      if (left <= 0) setNow(Date.now());
      else timer = setTimeout(look, Math.min(left, MAX_TIMER_MS));
    };
    look();
    // A device that was asleep has not counted the time.
    const wake = () => document.visibilityState === 'visible' && look();
    document.addEventListener('visibilitychange', wake);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', wake);
    };
  }, [next]);
  return now;
}

/** The message until it ends, then null. */
export function useUntilEnd(message: Message | null, retentionSeconds: number | null): Message | null {
  const now = useEndings(message ? [message] : [], retentionSeconds);
  return message && !isOver(message, retentionSeconds, now) ? message : null;
}
