import { infiniteQueryOptions } from '@tanstack/react-query';
import { api, call, pages } from '@/api';
import { keys } from './keys';

/** Channels: those one can find, or one's own. Shared by the channel pages, the side column and the composer. */
export const channelListQuery = (query: string, mine: boolean) =>
  infiniteQueryOptions({
    queryKey: keys.channelList(query, mine),
    queryFn: ({ pageParam: cursor, signal }) =>
      call(api.GET('/channels', { params: { query: { cursor, ...(query ? { query } : {}), ...(mine ? { mine: true, limit: 100 } : {}) } }, signal })),
    ...pages,
  });

export const myChannelsQuery = channelListQuery('', true);
