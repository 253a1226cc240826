import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, call, pages } from '@/api';
import { keys, live } from '@/entities';

export const conversationsQuery = infiniteQueryOptions({
  queryKey: keys.conversations,
  queryFn: async ({ pageParam: cursor, signal }) => {
    const page = await call(api.GET('/conversations', { params: { query: { cursor } }, signal }));
    for (const conversation of page.items) live.mention(conversation.id, conversation.last_seq);
    return page;
  },
  ...pages,
});

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: keys.conversation(id),
    queryFn: ({ signal }) => call(api.GET('/conversations/{id}', { params: { path: { id } }, signal })),
  });

export const messagesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.messages(id),
    queryFn: async ({ pageParam: cursor, signal }) => {
      const began = live.mark(id);
      const page = await call(api.GET('/conversations/{id}/messages', { params: { path: { id }, query: { cursor, limit: 40 } }, signal }));
      // The newest page ends somewhere; what came after it while it was on its way is asked for over the socket.
      if (cursor === undefined) live.loaded(id, Math.max(0, ...page.items.map((message) => message.changed_seq)), began);
      return page;
    },
    ...pages,
    // The socket keeps it current; reading it again on every visit would move the reader.
    staleTime: 5 * 60_000,
  });

export const unreadQuery = queryOptions({
  queryKey: keys.unreadMessages,
  queryFn: ({ signal }) => call(api.GET('/conversations/unread', { signal })),
});
