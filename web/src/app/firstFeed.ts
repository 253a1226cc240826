// Home has its posts by the time it is drawn, and their pictures are on their way: the page's head has asked for the feed
// (head.js), and nothing waits for React.
import type { QueryClient } from '@tanstack/react-query';
import { session } from '@/api';
import { preloadGrid } from '@/entities';
import { feedQuery } from '@/features/posts';
import { paths } from '@/paths';

/** Seen without scrolling. */
const PICTURED_POSTS = 2;

export function fetchFirstFeed(client: QueryClient): void {
  if (location.pathname !== paths.home && location.pathname !== '/') return;
  const stop = session.subscribe((credentials) => {
    // Somebody who is only remembered has no token yet.
    if (!credentials || !session.isConfirmed) return;
    stop();
    client.fetchInfiniteQuery(feedQuery).then(
      ({ pages: [first] }) => {
        for (const post of first?.items.slice(0, PICTURED_POSTS) ?? []) preloadGrid(post.images);
      },
      // The page says so when it asks again.
      () => undefined,
    );
  });
}
