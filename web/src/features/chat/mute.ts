import type { Conversation } from '@/api';

type Notified = Pick<Conversation, 'notify' | 'muted_until'>;

/** Muted for a while, or for good. "Only mentions" is a choice, not silence. */
export function isMuted({ notify, muted_until: until }: Notified, now = Date.now()): boolean {
  return notify === 'none' || (until !== null && Date.parse(until) > now);
}

export function inHours(hours: number, now = Date.now()): string {
  return new Date(now + hours * 3_600_000).toISOString();
}
