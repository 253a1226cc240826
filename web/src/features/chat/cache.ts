// How live events and own actions change what the chat screens show. Works on the query cache only.
import type { QueryClient } from '@tanstack/react-query';
import type { Conversation, Member, Message, Paged } from '@/api';
import { keys } from '@/entities';
import { asOld, mergeMessages, newer, replaceMessages } from './logPages';
import { withHeard, withWord } from './unread';

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

/**
 * Messages were missed: the log stays on the screen, as something old, while its history is read again. What nobody looks
 * at is read when somebody does.
 */
export function outdateLog(client: QueryClient, conversationId: string): void {
  client.removeQueries({ queryKey: [...keys.messages(conversationId), 'around'], type: 'inactive' });
  client.setQueryData<Paged<Message>>(keys.messages(conversationId), (data) => data && asOld(data));
  void client.invalidateQueries({ queryKey: keys.messages(conversationId) });
}

export function outdateLogs(client: QueryClient): void {
  client.setQueriesData<Paged<Message>>({ queryKey: ['messages'], predicate: ({ queryKey }) => queryKey.length === 2 }, (data) => data && asOld(data));
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
    // Whoever is out may not ask who is in it.
    if (!events.some((event) => takesOut(event, meId))) void client.invalidateQueries({ queryKey: keys.conversationMembers(conversationId) });
    void client.invalidateQueries({ queryKey: keys.conversation(conversationId) });
  }
  // Who writes has read what was before; where someone keeps that private there is no mark to move.
  for (const message of messages) {
    if (message.kind === 'text') patchMember(client, conversationId, message.sender_id, (old) => (old.read_seq === null ? old : { ...old, read_seq: Math.max(old.read_seq, message.seq) }));
  }
  const known = patchConversation(client, conversationId, (old) => {
    const theirs = Math.max(0, ...messages.filter((message) => message.sender_id === old.peer?.id && message.kind === 'text').map((message) => message.seq));
    const last = old.last_message;
    return {
      ...withHeard(old, messages, meId),
      last_message: !last || newest.seq >= last.seq ? newest : (messages.find((message) => message.id === last.id) ?? last),
      last_seq: Math.max(old.last_seq, ...messages.map((message) => message.changed_seq)),
      peer_read_seq: old.peer_read_seq > 0 ? Math.max(old.peer_read_seq, theirs) : old.peer_read_seq,
      updated_at: newest.created_at > old.updated_at ? newest.created_at : old.updated_at,
    };
  });
  if (!findConversation(client, conversationId) && messages.some((message) => message.kind === 'text' && message.sender_id !== meId)) void client.invalidateQueries({ queryKey: keys.unreadMessages });
  if (!known || events.some(changesTheList)) void client.invalidateQueries({ queryKey: keys.conversations });
}

function takesOut({ event, sender_id: actorId }: Message, id: string): boolean {
  return event?.type === 'member_left' ? actorId === id : event?.type === 'member_removed' && event.user_id === id;
}

function changesTheList({ event }: Message): boolean {
  return event?.type === 'renamed' || event?.type === 'picture_changed' || event?.type === 'retention_changed';
}

/**
 * Changes a conversation in the list and on its own page, keeps the list in order and the unread total in step.
 * False when the list is loaded and does not have it.
 */
export function patchConversation(client: QueryClient, id: string, change: (conversation: Conversation) => Conversation): boolean {
  const list = client.getQueryData(keys.conversations);
  const inList = findListed(client, id);
  const single = client.getQueryData<Conversation>(keys.conversation(id));
  const before = inList ?? single;
  if (!before) return list === undefined;
  const after = change(before);
  if (single) client.setQueryData<Conversation>(keys.conversation(id), change(single));
  if (inList) putInList(client, after);
  const difference = before.state === 'active' ? after.unread_count - before.unread_count : 0;
  if (difference !== 0) addToTotal(client, difference);
  return inList !== undefined || list === undefined;
}

function findListed(client: QueryClient, id: string): Conversation | undefined {
  const boxes = [keys.conversations, keys.conversationRequests].map((key) => client.getQueryData<Paged<Conversation>>(key));
  return boxes.flatMap((box) => box?.pages ?? []).flatMap((page) => page.items).find((conversation) => conversation.id === id);
}

/** As it is known here. */
export function findConversation(client: QueryClient, id: string): Conversation | undefined {
  return findListed(client, id) ?? client.getQueryData<Conversation>(keys.conversation(id));
}

function addToTotal(client: QueryClient, difference: number): void {
  // An answer that is on its way may or may not count it already.
  if (client.isFetching({ queryKey: keys.unreadMessages }) > 0) void client.invalidateQueries({ queryKey: keys.unreadMessages });
  else client.setQueryData<{ unread_count: number }>(keys.unreadMessages, (old) => old && { unread_count: Math.max(0, old.unread_count + difference) });
}

/** Brings a conversation as the server tells it to every place that shows it. */
export function setConversation(client: QueryClient, conversation: Conversation): void {
  const old = findConversation(client, conversation.id);
  noteWindow(client, old, conversation);
  noteAcceptance(client, old, conversation);
  client.setQueryData<Conversation>(keys.conversation(conversation.id), (single) => withWord(single ?? old, conversation));
  putInList(client, withWord(old, conversation));
}

/** Before one accepts, the server withholds photos: what was read then lacks them. */
function noteAcceptance(client: QueryClient, old: Conversation | undefined, { id, state }: Conversation): void {
  if (!old || old.state === 'active' || state !== 'active') return;
  outdateLog(client, id);
  void client.invalidateQueries({ queryKey: keys.photos(id) });
}

/** Whoever comes back sees what was written from then on, and nothing of before. */
export function noteWindow(client: QueryClient, old: Conversation | undefined, { id, joined_seq: from }: Conversation): void {
  if (!old || old.joined_seq >= from) return;
  client.removeQueries({ queryKey: keys.messages(id), type: 'inactive' });
  client.setQueryData<Paged<Message>>(
    keys.messages(id),
    (data) => data && { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.filter((message) => message.seq >= from) })) },
  );
  outdateLog(client, id);
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
