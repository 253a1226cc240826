// Messages of people whom I have blocked, in conversations that we are both in: they stand behind a line until I ask for them.
import { useCallback } from 'react';
import type { Conversation, Message } from '@/api';
import { useBlockedIds } from '@/entities';

type Said = Pick<Message, 'kind' | 'sender_id' | 'deleted_at'>;

/** What happened to a conversation is told whoever did it; what was deleted says nothing. */
export function isFolded(message: Said, blocked: readonly string[]): boolean {
  return message.kind === 'text' && !message.deleted_at && blocked.includes(message.sender_id);
}

/** In a conversation of two nothing is folded: who opens it wants to read it. */
export function useFolds(conversation: Conversation | undefined): (message: Said) => boolean {
  const blocked = useBlockedIds();
  const isShared = conversation !== undefined && conversation.kind !== 'direct';
  return useCallback((message) => isShared && isFolded(message, blocked), [isShared, blocked]);
}
