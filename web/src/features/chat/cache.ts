// How live events and own actions change what the chat screens show. Works on the query cache only.
import type { QueryClient } from '@tanstack/react-query';
import type { Conversation, Member, Message, Paged } from '@/api';
import { keys } from '@/entities';

/** Adds or replaces messages; the newest page takes what is new, in the order of the conversation. */
export function mergeMessages(data: Paged<Message>, messages: readonly Message[]): Paged<Message> {
  const incoming = new Map(messages.map((message) => [message.id, message]));
  const replaced = data.pages.map((page) => ({
    ...page,
    items: page.items.map((old) => {
      const next = incoming.get(old.id);
      incoming.delete(old.id);
      return next ? newer(old, next) : old;
    }),
  }));
  const [first, ...rest] = replaced;
  // Older than what is loaded: it will come with its own page.
  const oldest = replaced.at(-1)?.next ? Math.min(...replaced.flatMap((page) => page.items.map((message) => message.seq))) : -Infinity;
  const added = [...incoming.values()].filter((message) => message.seq >= oldest);
  if (!first) return data;
  const items = [...added, ...first.items].toSorted((a, b) => b.seq - a.seq);
  return { ...data, pages: [{ ...first, items }, ...rest] };
}

/** A slow answer must not take back what a faster one has brought. What only the sender is told stays. */
function newer(old: Message, next: Message): Message {
  if (next.changed_seq < old.changed_seq) return old;
  return next.client_id ? next : { ...next, client_id: old.client_id ?? null };
}

function replaceMessages(data: Paged<Message>, messages: readonly Message[]): Paged<Message> {
  const incoming = new Map(messages.map((message) => [message.id, message]));
  return { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map((old) => newer(old, incoming.get(old.id) ?? old)) })) };
}

/** What shows photos now comes in, what shows none any more stays as it is: whoever lists photos leaves it out. */
function mergePhotos(data: Paged<Message>, messages: readonly Message[]): Paged<Message> {
  const withPhotos = messages.filter((message) => message.images.length > 0);
  return mergeMessages(replaceMessages(data, messages), withPhotos);
}

/** In the log and in every older stretch that is open. */
export function setMessages(client: QueryClient, conversationId: string, messages: readonly Message[]): void {
  client.setQueryData<Paged<Message>>(keys.messages(conversationId), (data) => data && mergeMessages(data, messages));
  client.setQueriesData<Paged<Message>>({ queryKey: [...keys.messages(conversationId), 'around'] }, (data) => data && replaceMessages(data, messages));
  client.setQueryData<Paged<Message>>(keys.photos(conversationId), (data) => data && mergePhotos(data, messages));
  for (const message of messages) client.setQueryData<Message>([...keys.messages(conversationId), 'one', message.id], (old) => old && newer(old, message));
  client.setQueryData<Paged<Message>>(keys.pins(conversationId), (data) => data && replaceMessages(data, messages));
}

export function findMessage(client: QueryClient, conversationId: string, id: string): Message | undefined {
  const lists = client.getQueriesData<Paged<Message>>({ queryKey: keys.messages(conversationId), predicate: ({ queryKey }) => queryKey[2] !== 'one' });
  return lists.flatMap(([, data]) => data?.pages ?? []).flatMap((page) => page.items).find((message) => message.id === id);
}

export function addMessages(client: QueryClient, conversationId: string, messages: readonly Message[], meId: string): void {
  const pinsMoved = messages.some((message) => message.pinned_at !== (findMessage(client, conversationId, message.id)?.pinned_at ?? null));
  setMessages(client, conversationId, messages);
  if (pinsMoved) {
    void client.invalidateQueries({ queryKey: keys.pins(conversationId) });
    void client.invalidateQueries({ queryKey: keys.conversation(conversationId) });
  }
  const newest = messages.toSorted((a, b) => a.seq - b.seq).at(-1);
  if (!newest) return;
  // Who is in it, what it is called: an event says that it changed, the conversation says what it is now.
  const events = messages.filter((message) => message.kind === 'event');
  if (events.length > 0) {
    void client.invalidateQueries({ queryKey: keys.conversationMembers(conversationId) });
    void client.invalidateQueries({ queryKey: keys.conversation(conversationId) });
  }
  // Who writes has read what was before; where someone keeps that private there is no mark to move.
  for (const message of messages) {
    if (message.kind === 'text') patchMember(client, conversationId, message.sender_id, (old) => (old.read_seq === null ? old : { ...old, read_seq: Math.max(old.read_seq, message.seq) }));
  }
  const known = patchConversation(client, conversationId, (old) => {
    const isNew = (message: Message) => message.seq > old.last_seq && message.seq > old.read_seq;
    const fresh = messages.filter((message) => isNew(message) && message.kind === 'text' && message.sender_id !== meId && !message.deleted_at).length;
    const theirs = Math.max(0, ...messages.filter((message) => message.sender_id === old.peer?.id && message.kind === 'text').map((message) => message.seq));
    const own = Math.max(0, ...messages.filter((message) => message.sender_id === meId && message.kind === 'text').map((message) => message.seq));
    const last = old.last_message;
    return {
      ...old,
      last_message: !last || newest.seq >= last.seq ? newest : (messages.find((message) => message.id === last.id) ?? last),
      last_seq: Math.max(old.last_seq, ...messages.map((message) => message.changed_seq)),
      peer_read_seq: old.peer_read_seq > 0 ? Math.max(old.peer_read_seq, theirs) : old.peer_read_seq,
      // Who answers has read: the server counts the same way.
      read_seq: Math.max(old.read_seq, own),
      unread_count: own > old.read_seq ? messages.filter((message) => isNew(message) && message.seq > own).length : old.unread_count + fresh,
      updated_at: newest.created_at > old.updated_at ? newest.created_at : old.updated_at,
    };
  });
  if (!known || events.some(changesTheList)) void client.invalidateQueries({ queryKey: keys.conversations });
}

function changesTheList({ event }: Message): boolean {
  return event?.type === 'renamed' || event?.type === 'picture_changed' || event?.type === 'retention_changed';
}

/**
 * Changes a conversation in the list and on its own page, keeps the list in order and the unread total in step.
 * False when the list is loaded and does not have it.
 */
export function patchConversation(client: QueryClient, id: string, change: (conversation: Conversation) => Conversation): boolean {
  const boxes = [keys.conversations, keys.conversationRequests].map((key) => client.getQueryData<Paged<Conversation>>(key));
  const [list] = boxes;
  const inList = boxes.flatMap((box) => box?.pages ?? []).flatMap((page) => page.items).find((conversation) => conversation.id === id);
  const single = client.getQueryData<Conversation>(keys.conversation(id));
  const before = inList ?? single;
  if (!before) return list === undefined;
  const after = change(before);
  if (single) client.setQueryData<Conversation>(keys.conversation(id), change(single));
  if (inList) putInList(client, after);
  const difference = before.state === 'active' ? after.unread_count - before.unread_count : 0;
  if (difference !== 0) {
    client.setQueryData<{ unread_count: number }>(keys.unreadMessages, (old) => old && { unread_count: Math.max(0, old.unread_count + difference) });
  }
  return inList !== undefined || list === undefined;
}

/** Brings a conversation as the server tells it to every place that shows it. */
export function setConversation(client: QueryClient, conversation: Conversation): void {
  client.setQueryData<Conversation>(keys.conversation(conversation.id), (old) => (old && old.membership_seq > conversation.membership_seq ? old : conversation));
  putInList(client, conversation);
}

/** Latest activity first; each in its box. */
export function putInList(client: QueryClient, conversation: Conversation): void {
  putInBox(client, keys.conversations, conversation, conversation.state === 'active');
  putInBox(client, keys.conversationRequests, conversation, conversation.state === 'requested');
}

function putInBox(client: QueryClient, key: readonly unknown[], conversation: Conversation, belongs: boolean): void {
  client.setQueryData<Paged<Conversation>>(key, (data) => {
    if (!data) return data;
    const known = data.pages.some((page) => page.items.some((item) => item.id === conversation.id));
    if (!known && !belongs) return data;
    const stays = belongs && data.pages.some((page) => page.items.some((item) => item.id === conversation.id && item.updated_at === conversation.updated_at));
    if (stays) {
      return { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map((item) => (item.id === conversation.id ? conversation : item)) })) };
    }
    const [first, ...rest] = data.pages.map((page) => ({ ...page, items: page.items.filter((item) => item.id !== conversation.id) }));
    if (!first || !belongs) return { ...data, pages: first ? [first, ...rest] : [] };
    const items = [conversation, ...first.items].toSorted((a, b) => b.updated_at.localeCompare(a.updated_at));
    return { ...data, pages: [{ ...first, items }, ...rest] };
  });
}

export function patchMember(client: QueryClient, conversationId: string, userId: string, change: (member: Member) => Member): void {
  client.setQueryData<Paged<Member>>(
    keys.conversationMembers(conversationId),
    (data) => data && { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map((member) => (member.user.id === userId ? change(member) : member)) })) },
  );
}
