import type { Conversation } from '@/api';
import { startsWords } from '@/text';

/** Conversations of whose name, or of whose person's handle, what was typed starts words. */
export function matchingConversations(conversations: readonly Conversation[], nameOf: (conversation: Conversation) => string, query: string): Conversation[] {
  return conversations.filter((conversation) => startsWords(`${nameOf(conversation)} ${conversation.peer?.handle ?? ''}`, query));
}
