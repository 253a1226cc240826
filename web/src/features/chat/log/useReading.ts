import { useEffect, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import type { Conversation, Message } from '@/api';
import { markRead } from '../liveEvents';

/**
 * The last message that counts as seen. Nothing does behind a hole: what is missing there was not shown. `messages` oldest
 * first, `holes` the ids of those before which something is missing.
 */
export function seenUpTo(messages: readonly Message[], holes: ReadonlySet<string>, readSeq: number, isAtEnd: boolean, lastSeen: string | null): Message | undefined {
  const hole = messages.findIndex((message) => holes.has(message.id) && message.seq > readSeq);
  const whole = hole < 0 ? messages : messages.slice(0, hole);
  const seen = isAtEnd ? messages.length - 1 : messages.findIndex((message) => message.id === lastSeen);
  return whole[Math.min(seen, whole.length - 1)];
}

/** Read is what was on a screen someone looks at. A request is not read before it is accepted: the other would learn of it. */
export function useReading(conversation: Conversation, messages: readonly Message[], holes: ReadonlySet<string>, isAtEnd: boolean, lastSeen: string | null): void {
  const client = useQueryClient();
  const { id, read_seq: readSeq, unread_count: unread, state } = conversation;
  const [isVisible, setVisible] = useState(() => document.visibilityState === 'visible');
  useEffect(() => {
    const update = () => setVisible(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', update);
    return () => document.removeEventListener('visibilitychange', update);
  }, []);
  const seen = seenUpTo(messages, holes, readSeq, isAtEnd, lastSeen);
  useEffect(() => {
    if (!isVisible || state !== 'active' || !seen) return;
    if (seen.seq > readSeq && (isAtEnd || unread > 0)) void markRead(client, id, seen);
  }, [client, id, isAtEnd, isVisible, readSeq, seen, state, unread]);
}
