import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, call, messaging, pages, type Message, type Page } from '@/api';
import { keys, live } from '@/entities';
import { findConversation, noteWindow } from './cache';
import { isOld, withArrivals } from './logPages';
import { pageOf, toConversation, toMember, toMessage } from './shape';
import { withWords, withWord } from './unread';

export const PAGE = 40;
const PHOTO_PAGE = 24;

const conversationsIn = (box: 'inbox' | 'requests') =>
  infiniteQueryOptions({
    queryKey: box === 'inbox' ? keys.conversations : keys.conversationRequests,
    queryFn: async ({ pageParam: cursor, signal, client }) => {
      const page = pageOf(await messaging.conversations({ cursor, signal, ...(box === 'requests' ? { box } : {}) }), toConversation);
      for (const conversation of page.items) {
        live.mention(conversation.id, conversation.last_seq);
        noteWindow(client, findConversation(client, conversation.id), conversation);
      }
      return page;
    },
    ...pages,
    structuralSharing: withWords,
  });

export const conversationsQuery = conversationsIn('inbox');
export const requestsQuery = conversationsIn('requests');

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: keys.conversation(id),
    queryFn: async ({ signal, client }) => {
      const word = toConversation(await messaging.conversation(id, signal));
      const old = findConversation(client, id);
      noteWindow(client, old, word);
      return withWord(old, word);
    },
  });

/** What changes while it is read may be missing in it, and is asked for once more over the socket. */
async function withChanges<T>(conversationId: string, read: () => Promise<T>): Promise<T> {
  const seen = live.seen(conversationId);
  const answer = await read();
  if (seen !== undefined) live.rewind(conversationId, seen);
  return answer;
}

async function readLog(id: string, cursor: string | undefined, signal: AbortSignal): Promise<Page<Message>> {
  const read = async () => pageOf(await messaging.messages(id, { cursor, limit: PAGE, signal }), toMessage);
  if (cursor !== undefined) return withChanges(id, read);
  const began = live.mark(id);
  const page = await read();
  // The newest page ends somewhere; what came after it while it was on its way is asked for over the socket.
  live.loaded(id, Math.max(0, ...page.items.map((message) => message.changed_seq)), began);
  return page;
}

export const messagesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.messages(id),
    queryFn: ({ pageParam: cursor, signal }) => readLog(id, cursor, signal),
    ...pages,
    // The socket keeps it current; reading it again on every visit would move the reader.
    staleTime: ({ state }) => (isOld(state.data) ? 0 : 5 * 60_000),
    structuralSharing: withArrivals,
  });

type Place = { cursor: string } | { around: number };

/** A stretch of an older time, opened at a search hit or a quoted message, that can grow in both directions. */
export const aroundQuery = (id: string, seq: number) =>
  infiniteQueryOptions({
    queryKey: keys.messagesAround(id, seq),
    queryFn: ({ pageParam, signal }) => withChanges(id, async () => pageOf(await messaging.messages(id, { ...pageParam, limit: PAGE, signal }), toMessage)),
    initialPageParam: { around: seq } as Place,
    getNextPageParam: (last: Page<Message>): Place | undefined => (last.next ? { cursor: last.next } : undefined),
    // There is no cursor towards the present: a page around the newest message known here has its successors in it.
    getPreviousPageParam: (first: Page<Message>, all): Place | undefined => {
      const newest = newestSeq(first.items);
      const known = all.length > 1 ? newestSeq(all[1]?.items ?? []) : null;
      return newest === null || newest === known ? undefined : { around: newest };
    },
    staleTime: Infinity,
  });

function newestSeq(messages: readonly Message[]): number | null {
  return messages.length === 0 ? null : Math.max(...messages.map((message) => message.seq));
}

/** The messages that show photos, through the whole past. The socket keeps what is loaded current. */
export const photosQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.photos(id),
    queryFn: async ({ pageParam: cursor, signal }) => pageOf(await messaging.withImages(id, { cursor, limit: PHOTO_PAGE, signal }), toMessage),
    ...pages,
    staleTime: 60_000,
  });

export const messageQuery = (conversationId: string, messageId: string) =>
  queryOptions({
    queryKey: [...keys.messages(conversationId), 'one', messageId] as const,
    queryFn: ({ signal }) => withChanges(conversationId, async () => toMessage(await messaging.message(conversationId, messageId, signal))),
    staleTime: 60_000,
  });

export const membersQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.conversationMembers(id),
    queryFn: async ({ pageParam: cursor, signal }) => pageOf(await messaging.members(id, { cursor, limit: 100, signal }), toMember),
    ...pages,
    staleTime: 60_000,
  });

export const pinsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.pins(id),
    queryFn: async ({ pageParam: cursor, signal }) => pageOf(await messaging.pins(id, { cursor, signal }), toMessage),
    ...pages,
  });

export const searchQuery = (query: string, conversationId?: string) =>
  infiniteQueryOptions({
    queryKey: keys.messageSearch(query, conversationId),
    queryFn: async ({ pageParam: cursor, signal }) => pageOf(await messaging.search(query, { conversationId, cursor, signal }), toMessage),
    ...pages,
  });

export const personQuery = (id: string) =>
  queryOptions({ queryKey: keys.user(id), queryFn: ({ signal }) => call(api.GET('/users/{id}', { params: { path: { id } }, signal })), staleTime: 10 * 60_000 });

export const unreadQuery = queryOptions({
  queryKey: keys.unreadMessages,
  queryFn: async ({ signal }) => {
    // Counted before a mark has arrived, it would say too much, and nothing that comes later would put it right.
    await live.readsSettled();
    return call(api.GET('/conversations/unread', { signal }));
  },
});

export const messagingSettingsQuery = queryOptions({ queryKey: keys.messagingSettings, queryFn: ({ signal }) => messaging.settings(signal) });
