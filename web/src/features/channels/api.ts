import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, call, pages, type Channel } from '@/api';
import { keys } from '@/entities';

export const channelQuery = (slug: string) =>
  queryOptions({ queryKey: keys.channel(slug), queryFn: ({ signal }) => call(api.GET('/channels/{id}', { params: { path: { id: slug } }, signal })) });

export const membersQuery = (slug: string) =>
  infiniteQueryOptions({
    queryKey: keys.members(slug),
    queryFn: ({ pageParam: cursor, signal }) => call(api.GET('/channels/{id}/members', { params: { path: { id: slug }, query: { cursor } }, signal })),
    ...pages,
  });

/** After a change of membership: the page at once, the lists and the feed when they are looked at. */
function useChannelChanged() {
  const client = useQueryClient();
  return (channel?: Channel) => {
    if (channel) client.setQueryData(keys.channel(channel.slug), channel);
    void client.invalidateQueries({ queryKey: keys.channels });
    void client.invalidateQueries({ queryKey: keys.feed });
  };
}

export function useJoin() {
  const changed = useChannelChanged();
  return useMutation({
    mutationFn: (channel: Pick<Channel, 'id'>) => call(api.PUT('/channels/{id}/membership', { params: { path: { id: channel.id } } })),
    onSuccess: changed,
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
    onSuccess: changed,
  });
}

export function useEditChannel(id: string) {
  const changed = useChannelChanged();
  return useMutation({
    mutationFn: (body: { name: string; description: string }) => call(api.PATCH('/channels/{id}', { params: { path: { id } }, body })),
    onSuccess: changed,
  });
}

export function useInvite(channelId: string) {
  return useMutation({
    mutationFn: (userId: string) => call(api.PUT('/channels/{id}/invitations/{user_id}', { params: { path: { id: channelId, user_id: userId } } })),
  });
}
