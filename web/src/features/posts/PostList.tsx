import type { ReactNode } from 'react';
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

export function PostList({ query, empty, end }: PostListProps) {
  const { t } = useTranslation();
  const posts = toItems(query.data, (post) => post.id);
  return (
    <InfiniteList query={query} isEmpty={posts.length === 0} skeleton={<SkeletonList of={PostSkeleton} gap />} empty={empty} end={end ?? t('posts.endList')}>
      <div className={styles.list}>
        {posts.map((post, index) => (
          <PostCard key={post.id} post={post} eager={index < 2} />
        ))}
      </div>
    </InfiniteList>
  );
}
