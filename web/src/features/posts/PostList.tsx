import { useDeferredValue, useState, type ReactNode } from 'react';
import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import { useTranslation } from '@/i18n';
import { toItems, type Paged, type Post } from '@/api';
import { InfiniteList, PostSkeleton, SkeletonList } from '@/ui';
import { PostCard } from './PostCard';
import styles from './PostList.module.css';

interface PostListProps {
  query: UseInfiniteQueryResult<Paged<Post>>;
  empty: ReactNode;
  end?: string;
}

/** Fills the largest screen. */
const DRAWN_FIRST = 3;

/** The document was opened at this page and nothing has been drawn yet. After a reload one is where one was, which takes all. */
function isOpening(): boolean {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return navigation?.type === 'navigate' && document.documentElement.dataset['shell'] !== undefined;
}

export function PostList({ query, empty, end }: PostListProps) {
  const { t } = useTranslation();
  const posts = toItems(query.data, (post) => post.id);
  // What is seen first is drawn first; on a slow phone all of them take half a second.
  const [startsWhole] = useState(() => !isOpening());
  const isWhole = useDeferredValue(true, startsWhole);
  return (
    <InfiniteList
      query={query}
      isEmpty={posts.length === 0}
      skeleton={<SkeletonList of={PostSkeleton} gap />}
      empty={empty}
      isWhole={isWhole}
      end={end ?? t('posts.endList')}
    >
      <div className={styles.list}>
        {(isWhole ? posts : posts.slice(0, DRAWN_FIRST)).map((post, index) => (
          <PostCard key={post.id} post={post} eager={index < 2} />
        ))}
      </div>
    </InfiniteList>
  );
}
