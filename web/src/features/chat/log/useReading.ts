import { useEffect, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import type { Conversation, Message } from '@/api';
import { markRead } from '../liveEvents';

/** Read is what was on a screen someone looks at. A request is not read before it is accepted: the other would learn of it. */
export function useReading(conversation: Conversation, messages: readonly Message[], isAtEnd: boolean, lastSeen: string | null): void {
  const client = useQueryClient();
  const { id, read_seq: readSeq, unread_count: unread, state } = conversation;
  const [isVisible, setVisible] = useState(() => document.visibilityState === 'visible');
  useEffect(() => {
    const update = () => setVisible(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', update);
    return () => document.removeEventListener('visibilitychange', update);
  }, []);
  const newestSeq = messages.at(-1)?.seq;
  const seenSeq = messages.find((message) => message.id === lastSeen)?.seq;
  useEffect(() => {
    if (!isVisible || state !== 'active' || newestSeq === undefined) return;
    if (isAtEnd) {
      if (newestSeq > readSeq || unread > 0) void markRead(client, id, Math.max(newestSeq, readSeq), 0);
    } else if (seenSeq !== undefined && seenSeq > readSeq && unread > 0) {
      const left = messages.filter((message) => message.seq > seenSeq && message.kind === 'text').length;
      void markRead(client, id, seenSeq, Math.min(left, unread));
    }
  }, [client, id, isAtEnd, isVisible, messages, newestSeq, readSeq, seenSeq, state, unread]);
}
