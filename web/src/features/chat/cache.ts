// How live events and own actions change what the chat screens show. Works on the query cache only.
import type { QueryClient } from '@tanstack/react-query';
import type { Conversation, Message, Paged } from '@/api';
import { keys } from '@/entities';

/** Adds or replaces messages; the newest page takes what is new, ordered by number. */
export function mergeMessages(data: Paged<Message>, messages: readonly Message[]): Paged<Message> {
  const incoming = new Map(messages.map((message) => [message.id, message]));
  const replaced = data.pages.map((page) => ({
    ...page,
    items: page.items.map((old) => {
      const next = incoming.get(old.id);
      incoming.delete(old.id);
      return next ?? old;
    }),
  }));
  const [first, ...rest] = replaced;
  // Older than what is loaded: it will come with its own page.
  const oldest = replaced.at(-1)?.next ? Math.min(...replaced.flatMap((page) => page.items.map((message) => message.number))) : -Infinity;
  const added = [...incoming.values()].filter((message) => message.number >= oldest);
  if (!first) return data;
  const items = [...added, ...first.items].toSorted((a, b) => b.number - a.number);
  return { ...data, pages: [{ ...first, items }, ...rest] };
}

export function addMessages(client: QueryClient, conversationId: string, messages: readonly Message[], meId: string): void {
  client.setQueryData<Paged<Message>>(keys.messages(conversationId), (data) => data && mergeMessages(data, messages));
  const newest = messages.toSorted((a, b) => a.number - b.number).at(-1);
  if (!newest) return;
  const known = patchConversation(client, conversationId, (old) => {
    const fresh = messages.filter((message) => message.seq > old.last_seq && message.seq > old.read_seq && message.sender_id !== meId).length;
    return {
      ...old,
      last_message: !old.last_message || newest.number >= old.last_message.number ? newest : old.last_message,
      last_seq: Math.max(old.last_seq, ...messages.map((message) => message.changed_seq)),
      unread_count: old.unread_count + fresh,
      updated_at: newest.created_at > old.updated_at ? newest.created_at : old.updated_at,
    };
  });
  if (!known) void client.invalidateQueries({ queryKey: keys.conversations });
}

/**
 * Changes a conversation in the list and on its own page, keeps the list in order and the unread total in step.
 * False when the list is loaded and does not have it.
 */
export function patchConversation(client: QueryClient, id: string, change: (conversation: Conversation) => Conversation): boolean {
  const list = client.getQueryData<Paged<Conversation>>(keys.conversations);
  const inList = list?.pages.flatMap((page) => page.items).find((conversation) => conversation.id === id);
  const single = client.getQueryData<Conversation>(keys.conversation(id));
  const before = inList ?? single;
  if (!before) return list === undefined;
  const after = change(before);
  if (single) client.setQueryData<Conversation>(keys.conversation(id), change(single));
  if (inList) putInList(client, after);
  const difference = after.unread_count - before.unread_count;
  if (difference !== 0) {
    client.setQueryData<{ unread_count: number }>(keys.unreadMessages, (old) => old && { unread_count: Math.max(0, old.unread_count + difference) });
  }
  return inList !== undefined || list === undefined;
}

/** Latest activity first. */
export function putInList(client: QueryClient, conversation: Conversation): void {
  client.setQueryData<Paged<Conversation>>(keys.conversations, (data) => {
    if (!data) return data;
    const moved = data.pages.some((page) => page.items.some((item) => item.id === conversation.id && item.updated_at === conversation.updated_at));
    if (moved) {
      return { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map((item) => (item.id === conversation.id ? conversation : item)) })) };
    }
    const [first, ...rest] = data.pages.map((page) => ({ ...page, items: page.items.filter((item) => item.id !== conversation.id) }));
    if (!first) return data;
    const items = [conversation, ...first.items].toSorted((a, b) => b.updated_at.localeCompare(a.updated_at));
    return { ...data, pages: [{ ...first, items }, ...rest] };
  });
}
