// Whom I have blocked. In groups and channels what they say is folded, here and not on the server: the list is mine to know,
// and it changes at once on all of my devices.
import { queryOptions, useQuery, type QueryClient } from '@tanstack/react-query';
import { api, call } from '@/api';
import { keys } from './keys';

const NOBODY: readonly string[] = [];

async function readAll(signal: AbortSignal): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await call(api.GET('/users/blocks', { params: { query: { cursor, limit: 100 } }, signal }));
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return ids.toSorted();
}

/** What was read under another list is read again: others can be seen now, and other reactions counted. */
function readTheRestAgain(client: QueryClient): void {
  for (const queryKey of [['messages'], ['conversations'], keys.posts, [...keys.people, 'one'], [...keys.blocks, 'list']]) void client.invalidateQueries({ queryKey });
}

export const blockedIdsQuery = queryOptions({
  queryKey: keys.blockedIds,
  queryFn: async ({ signal, client }) => {
    const before = client.getQueryData<readonly string[]>(keys.blockedIds);
    const ids = await readAll(signal);
    if (before && before.join() !== ids.join()) readTheRestAgain(client);
    return ids;
  },
  staleTime: 5 * 60_000,
});

export function useBlockedIds(): readonly string[] {
  return useQuery(blockedIdsQuery).data ?? NOBODY;
}
