import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, call, messaging, pages, type Message, type Page } from '@/api';
import { keys, live } from '@/entities';
import { pageOf, toConversation, toMember, toMessage } from './shape';

export const PAGE = 40;
const PHOTO_PAGE = 24;

const conversationsIn = (box: 'inbox' | 'requests') =>
  infiniteQueryOptions({
    queryKey: box === 'inbox' ? keys.conversations : keys.conversationRequests,
    queryFn: async ({ pageParam: cursor, signal }) => {
      const page = pageOf(await messaging.conversations({ cursor, signal, ...(box === 'requests' ? { box } : {}) }), toConversation);
      for (const conversation of page.items) live.mention(conversation.id, conversation.last_seq);
      return page;
    },
    ...pages,
  });

export const conversationsQuery = conversationsIn('inbox');
export const requestsQuery = conversationsIn('requests');

export const conversationQuery = (id: string) =>
  queryOptions({ queryKey: keys.conversation(id), queryFn: async ({ signal }) => toConversation(await messaging.conversation(id, signal)) });

export const messagesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.messages(id),
    queryFn: async ({ pageParam: cursor, signal }) => {
      const began = live.mark(id);
      const page = pageOf(await messaging.messages(id, { cursor, limit: PAGE, signal }), toMessage);
      // The newest page ends somewhere; what came after it while it was on its way is asked for over the socket.
      if (cursor === undefined) live.loaded(id, Math.max(0, ...page.items.map((message) => message.changed_seq)), began);
      return page;
    },
    ...pages,
    // The socket keeps it current; reading it again on every visit would move the reader.
    staleTime: 5 * 60_000,
  });

type Place = { cursor: string } | { around: number };

/** A stretch of an older time, opened at a search hit or a quoted message, that can grow in both directions. */
export const aroundQuery = (id: string, seq: number) =>
  infiniteQueryOptions({
    queryKey: keys.messagesAround(id, seq),
    queryFn: async ({ pageParam, signal }) => pageOf(await messaging.messages(id, { ...pageParam, limit: PAGE, signal }), toMessage),
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
    queryFn: async ({ signal }) => toMessage(await messaging.message(conversationId, messageId, signal)),
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
  queryFn: ({ signal }) => call(api.GET('/conversations/unread', { signal })),
});

export const messagingSettingsQuery = queryOptions({ queryKey: keys.messagingSettings, queryFn: ({ signal }) => messaging.settings(signal) });
