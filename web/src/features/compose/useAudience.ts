import { useEffect, type Dispatch } from 'react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api, call, toItems, type Channel, type ChannelSummary } from '@/api';
import { keys, myChannelsQuery, useMe } from '@/entities';
import { FOLLOWERS, audienceOf, inChannel, isMember, usualPlace, type Audience, type Place } from './audience';
import type { ComposeAction } from './machine';

/** Numbers that somebody decides by are asked for anew each time. */
const FRESH = { refetchOnMount: 'always', staleTime: 0 } as const;

interface Asked {
  place: Place | null;
  last: Place | null;
  preset: ChannelSummary | null;
  dispatch: Dispatch<ComposeAction>;
}

/** Where a post can go, where it goes unless one says otherwise, and who will see it there. */
export function useAudience({ place, last, preset, dispatch }: Asked): { channels: ChannelSummary[]; audience: Audience | null } {
  const me = useMe();
  const list = useInfiniteQuery({ ...myChannelsQuery, ...FRESH });
  const self = `@${me.handle}`;
  const profile = useQuery({
    queryKey: keys.user(self),
    queryFn: ({ signal }) => call(api.GET('/users/{id}', { params: { path: { id: self } }, signal })),
    ...FRESH,
  });
  const mine = toItems<Channel>(list.data, (channel) => channel.id).filter(isMember);
  const channels: ChannelSummary[] = preset && !mine.some((channel) => channel.id === preset.id) ? [preset, ...mine] : mine;
  const chosen = place?.kind === 'channel' ? channels.find((channel) => channel.id === place.id) : undefined;
  const detail = useQuery({
    queryKey: keys.channel(chosen?.slug ?? ''),
    queryFn: ({ signal }) => call(api.GET('/channels/{id}', { params: { path: { id: chosen?.slug ?? '' } }, signal })),
    enabled: chosen !== undefined,
    ...FRESH,
  });

  const isSettled = !list.isPending && !profile.isPending;
  const followers = profile.data?.followers_count ?? 0;
  // One has left the channel since.
  const isLost = isSettled && list.data !== undefined && place?.kind === 'channel' && !chosen;
  const next = !isSettled || (place && !isLost) ? null : usualPlace(last, { mine, followers });
  const key = next && (next.kind === 'channel' ? next.id : '');
  useEffect(() => {
    if (key !== null) dispatch({ type: 'place', place: key === '' ? FOLLOWERS : inChannel(key) });
  }, [key, dispatch]);

  // Without a connection nothing is claimed.
  if (!profile.data || !place || isLost) return { channels, audience: null };
  if (place.kind === 'followers') return { channels, audience: audienceOf(null, followers) };
  return { channels, audience: detail.data ? audienceOf(detail.data, followers) : null };
}
