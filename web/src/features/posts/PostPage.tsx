import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useTranslation } from '@/i18n';
import { paths } from '@/paths';
import { ErrorState, PageHeader, PostSkeleton, SkeletonList } from '@/ui';
import { postQuery } from './api';
import { Comments } from './Comments';
import { PostCard } from './PostCard';
import listStyles from './PostList.module.css';

export function PostPage() {
  const { t } = useTranslation();
  const { id } = useParams({ strict: false }) as { id: string };
  const post = useQuery(postQuery(id));
  return (
    <>
      <PageHeader title={t('posts.title')} documentTitle={post.data && t('posts.titleBy', { name: post.data.author.display_name })} back={paths.home} />
      {post.isPending && <SkeletonList of={PostSkeleton} count={1} />}
      {post.isError && !post.data && <ErrorState error={post.error} onRetry={() => void post.refetch()} />}
      {post.data && (
        <div className={listStyles.list}>
          <PostCard post={post.data} onPage eager />
          <Comments postId={id} />
        </div>
      )}
    </>
  );
}
