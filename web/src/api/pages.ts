// Cursor paging for react-query, the same for every list.
import type { InfiniteData } from '@tanstack/react-query';
import type { Page } from './types';

export type Paged<T> = InfiniteData<Page<T>, unknown>;

/** Spread into `infiniteQueryOptions`: the cursor is the page parameter, the answer's `next` leads on. */
export const pages = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (last: Page<unknown>): string | undefined => last.next ?? undefined,
};

/** All items of the loaded pages; one that moved between pages while they were read appears once. */
export function toItems<T>(data: Paged<T> | undefined, key: (item: T) => string): T[] {
  const seen = new Set<string>();
  const items: T[] = [];
  for (const page of data?.pages ?? []) {
    for (const item of page.items) {
      if (seen.has(key(item))) continue;
      seen.add(key(item));
      items.push(item);
    }
  }
  return items;
}
