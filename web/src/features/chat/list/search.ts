import type { Conversation } from '@/api';

/** Small letters without accents: "Tomás" is found by "tomas". */
export function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}

/** Conversations whose name, or whose person's handle, has a word that starts with what was typed. */
export function matchingConversations(conversations: readonly Conversation[], nameOf: (conversation: Conversation) => string, query: string): Conversation[] {
  const wanted = plain(query.trim().replace(/^@/, ''));
  if (wanted === '') return [];
  return conversations.filter((conversation) => {
    const words = plain(`${nameOf(conversation)} ${conversation.peer?.handle ?? ''}`);
    return words.startsWith(wanted) || words.includes(` ${wanted}`);
  });
}
