import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { ApiError, api, call, pages, type Channel, type ChannelInvitation, type Paged } from '@/api';
import { keys } from '@/entities';

export const channelQuery = (slug: string) =>
  queryOptions({ queryKey: keys.channel(slug), queryFn: ({ signal }) => call(api.GET('/channels/{id}', { params: { path: { id: slug } }, signal })) });

export const membersQuery = (slug: string) =>
  infiniteQueryOptions({
    queryKey: keys.members(slug),
    queryFn: ({ pageParam: cursor, signal }) => call(api.GET('/channels/{id}/members', { params: { path: { id: slug }, query: { cursor } }, signal })),
    ...pages,
  });

/** The newest first. */
export const invitationsQuery = infiniteQueryOptions({
  queryKey: keys.invitations,
  queryFn: ({ pageParam: cursor, signal }) => call(api.GET('/channels/invitations', { params: { query: { cursor } }, signal })),
  ...pages,
});

/** After a change of membership: the page and the invitation at once, the lists and the feed when they are looked at. */
function useChannelChanged() {
  const client = useQueryClient();
  return (channel?: Channel, answered?: Pick<Channel, 'id'>) => {
    if (channel) client.setQueryData(keys.channel(channel.slug), channel);
    if (answered) {
      client.setQueryData<Paged<ChannelInvitation>>(
        keys.invitations,
        (data) => data && { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.filter((item) => item.channel.id !== answered.id) })) },
      );
    }
    void client.invalidateQueries({ queryKey: keys.channels });
    void client.invalidateQueries({ queryKey: keys.feed });
  };
}

export function useJoin() {
  const changed = useChannelChanged();
  return useMutation({
    mutationFn: (channel: Pick<Channel, 'id'>) => call(api.PUT('/channels/{id}/membership', { params: { path: { id: channel.id } } })),
    onSuccess: (joined) => changed(joined, joined),
    onError: (error, channel) => isGone(error) && changed(undefined, channel),
  });
}

/** What was withdrawn meanwhile looks like a channel that does not exist. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

export function useDecline() {
  const changed = useChannelChanged();
  return useMutation({
    mutationFn: async (channel: Pick<Channel, 'id'>) => {
      try {
        await call(api.DELETE('/channels/{id}/membership', { params: { path: { id: channel.id } } }));
      } catch (error) {
        // Withdrawn meanwhile, or declined on another device: it is as it was wanted.
        if (!isGone(error)) throw error;
      }
    },
    onSuccess: (_, channel) => changed(undefined, channel),
  });
}

export function useLeave() {
  const changed = useChannelChanged();
  return useMutation({
    mutationFn: (channel: Channel) => call(api.DELETE('/channels/{id}/membership', { params: { path: { id: channel.id } } })),
    onSuccess: () => changed(),
  });
}

export interface NewChannel {
  /** Absent: the server makes one from the name. */
  slug: string | undefined;
  name: string;
  description: string;
  visibility: 'open' | 'private';
}

export function useCreateChannel() {
  const changed = useChannelChanged();
  return useMutation({
    mutationFn: ({ channel, key }: { channel: NewChannel; key: string }) => call(api.POST('/channels', { body: channel, headers: { 'Idempotency-Key': key } })),
    onSuccess: (created) => changed(created),
  });
}

export function useEditChannel(id: string) {
  const changed = useChannelChanged();
  return useMutation({
    mutationFn: (body: { name: string; description: string }) => call(api.PATCH('/channels/{id}', { params: { path: { id } }, body })),
    onSuccess: (edited) => changed(edited),
  });
}

export function useInvite(channelId: string) {
  return useMutation({
    mutationFn: (userId: string) => call(api.PUT('/channels/{id}/invitations/{user_id}', { params: { path: { id: channelId, user_id: userId } } })),
  });
}
