import { useId, useState } from 'react';
import { useNavigate } from '@tanstack/react-router';
import { Heart, Link2, Lock, MessageSquare, Trash2 } from 'lucide-react';
import { errorText, shortNumber, useTranslation } from '@/i18n';
import type { Post } from '@/api';
import { ImageGrid, PersonAvatar } from '@/entities';
import { paths } from '@/paths';
import { ActionMenu, AppLink, Card, Confirm, RelativeTime, RichText, copyText, cx, showToast, type MenuAction } from '@/ui';
import { useDeletePost, useLike } from './api';
import { LikesSheet } from './LikesSheet';
import styles from './PostCard.module.css';

interface PostCardProps {
  post: Post;
  /** On its own page the post is shown whole, and deleting leads away. */
  onPage?: boolean;
  /** Among the first of the list: load its pictures at once. */
  eager?: boolean;
}

/** Longer than this is folded in a list. */
const FOLD_AFTER = 700;

export function PostCard({ post, onPage = false, eager = false }: PostCardProps) {
  const { t } = useTranslation();
  const titleId = useId();
  const [isUnfolded, setUnfolded] = useState(onPage);
  const isLong = post.body.length > FOLD_AFTER || post.body.split('\n').length > 14;
  return (
    <Card as="article" aria-labelledby={titleId} className={styles.post}>
      <header className={styles.head}>
        <PersonAvatar person={post.author} />
        <div className={styles.who}>
          <h2 id={titleId} className={styles.name}>
            <AppLink to={paths.profile(post.author.handle)}>
              <bdi>{post.author.display_name}</bdi>
            </AppLink>
          </h2>
          <p className={styles.meta}>
            {onPage ? (
              <RelativeTime iso={post.created_at} />
            ) : (
              <AppLink to={paths.post(post.id)} className={styles.when}>
                <RelativeTime iso={post.created_at} />
              </AppLink>
            )}
            {post.channel && (
              <>
                <span aria-hidden="true">·</span>
                <AppLink to={paths.channel(post.channel.slug)} className={styles.channel}>
                  {post.channel.visibility === 'private' ? <Lock className={styles.lock} aria-hidden="true" /> : <span aria-hidden="true">#</span>} <bdi>{post.channel.name}</bdi>
                </AppLink>
              </>
            )}
          </p>
        </div>
        <PostMenu post={post} onPage={onPage} />
      </header>
      {post.body && <RichText text={post.body} className={cx(styles.body, isLong && !isUnfolded && styles.folded)} />}
      {isLong && !isUnfolded && (
        <button type="button" className={styles.unfold} onClick={() => setUnfolded(true)}>
          {t('posts.showAll')}
        </button>
      )}
      <ImageGrid owner={{ post: post.id }} images={post.images} eager={eager} />
      <PostActions post={post} onPage={onPage} />
    </Card>
  );
}

function PostActions({ post, onPage }: { post: Post; onPage: boolean }) {
  const { t } = useTranslation();
  const like = useLike(post);
  const [showsLikes, setShowsLikes] = useState(false);
  return (
    <footer className={styles.actions}>
      <button
        type="button"
        className={cx(styles.action, post.liked && styles.liked)}
        aria-pressed={post.liked}
        aria-label={`${t('posts.like')}, ${t('posts.likeCount', { count: post.like_count })}`}
        onClick={() => like.mutate(!post.liked, { onError: (error) => showToast(errorText(t, error), { tone: 'error' }) })}
      >
        <Heart aria-hidden="true" />
        {post.like_count > 0 && <span>{shortNumber(post.like_count)}</span>}
      </button>
      {onPage ? (
        <span className={styles.action} aria-label={t('posts.commentCount', { count: post.comment_count })} role="img">
          <MessageSquare aria-hidden="true" />
          <span>{shortNumber(post.comment_count)}</span>
        </span>
      ) : (
        <AppLink to={paths.post(post.id)} className={styles.action} aria-label={t('posts.commentCount', { count: post.comment_count })}>
          <MessageSquare aria-hidden="true" />
          {post.comment_count > 0 && <span>{shortNumber(post.comment_count)}</span>}
        </AppLink>
      )}
      {onPage && post.like_count > 0 && (
        <button type="button" className={cx(styles.action, styles.end)} onClick={() => setShowsLikes(true)}>
          {t('posts.showLikes')}
        </button>
      )}
      {showsLikes && <LikesSheet postId={post.id} onClose={() => setShowsLikes(false)} />}
    </footer>
  );
}

function PostMenu({ post, onPage }: { post: Post; onPage: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const remove = useDeletePost();
  const [asks, setAsks] = useState(false);

  const actions: MenuAction[] = [
    {
      id: 'copy',
      label: t('posts.copyLink'),
      icon: <Link2 aria-hidden="true" />,
      onAction: () => void copyText(location.origin + paths.post(post.id)).then((copied) => copied && showToast(t('posts.linkCopied'))),
    },
  ];
  if (post.can_delete) {
    actions.push({ id: 'delete', label: t('posts.delete'), icon: <Trash2 aria-hidden="true" />, danger: true, onAction: () => setAsks(true) });
  }

  function confirm() {
    remove.mutate(post.id, {
      onSuccess: () => {
        setAsks(false);
        showToast(t('posts.deleted'));
        // Back must not lead to what is gone.
        if (onPage) void navigate({ to: paths.home, replace: true });
      },
      onError: (error) => {
        setAsks(false);
        showToast(errorText(t, error), { tone: 'error' });
      },
    });
  }

  return (
    <div className={styles.menu}>
      <ActionMenu label={t('posts.actions')} actions={actions} />
      <Confirm
        isOpen={asks}
        onClose={() => setAsks(false)}
        onConfirm={confirm}
        title={t('posts.deleteTitle')}
        text={t('posts.deleteText')}
        confirmLabel={t('posts.delete')}
        isBusy={remove.isPending}
      />
    </div>
  );
}
