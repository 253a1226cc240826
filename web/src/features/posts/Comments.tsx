import { useState } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { MessageSquare, Trash2 } from 'lucide-react';
import { errorText, useTranslation } from '@/i18n';
import { toItems, type Comment } from '@/api';
import { PersonAvatar, useMe } from '@/entities';
import { paths } from '@/paths';
import { tidyLines } from '@/text';
import { AppLink, Button, Card, Confirm, EmptyState, FormError, IconButton, InfiniteList, RelativeTime, RichText, RowSkeleton, SkeletonList, TextField, showToast } from '@/ui';
import { commentsQuery, useAddComment, useDeleteComment } from './api';
import { useCommentDraft } from './commentDraft';
import styles from './Comments.module.css';

const MAX_LENGTH = 2000;

export function Comments({ postId }: { postId: string }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(commentsQuery(postId));
  const comments = toItems(query.data, (comment) => comment.id);
  return (
    <Card as="section" aria-label={t('posts.comments')} className={styles.card}>
      <h2 className={styles.title}>{t('posts.comments')}</h2>
      <AddComment postId={postId} />
      <InfiniteList
        query={query}
        isEmpty={comments.length === 0}
        skeleton={<SkeletonList of={RowSkeleton} count={2} />}
        empty={<EmptyState icon={<MessageSquare />} title={t('posts.noComments')} />}
      >
        <ol className={styles.list}>
          {comments.map((comment) => (
            <CommentRow key={comment.id} comment={comment} />
          ))}
        </ol>
      </InfiniteList>
    </Card>
  );
}

function AddComment({ postId }: { postId: string }) {
  const { t } = useTranslation();
  const me = useMe();
  const add = useAddComment(postId);
  const { draft, write, tried } = useCommentDraft(postId);
  const { body, key } = draft;
  const text = tidyLines(body);
  const over = [...text].length - MAX_LENGTH;

  function submit(event: React.FormEvent) {
    event.preventDefault();
    if (!text || over > 0 || add.isPending) return;
    tried();
    add.mutate({ body: text, key });
  }

  return (
    <form className={styles.form} onSubmit={submit}>
      <PersonAvatar person={me} size={36} />
      <div className={styles.field}>
        <TextField
          label={t('posts.addComment')}
          hideLabel
          multiline
          rows={1}
          placeholder={t('posts.commentPlaceholder')}
          value={body}
          error={over > 0 ? t('posts.commentTooLong', { count: over, max: MAX_LENGTH }) : null}
          onChange={(value) => {
            write(value);
            if (add.isError) add.reset();
          }}
        />
        <FormError error={add.error && errorText(t, add.error)} />
      </div>
      <Button type="submit" variant={text ? 'primary' : 'soft'} isDisabled={!text || over > 0} isBusy={add.isPending}>
        {t('posts.comment')}
      </Button>
    </form>
  );
}

function CommentRow({ comment }: { comment: Comment }) {
  const { t } = useTranslation();
  const remove = useDeleteComment(comment.post_id);
  const [asks, setAsks] = useState(false);
  return (
    <li className={styles.comment}>
      <PersonAvatar person={comment.author} size={36} />
      <div className={styles.content}>
        <p className={styles.who}>
          <AppLink to={paths.profile(comment.author.handle)}>
            <bdi>{comment.author.display_name}</bdi>
          </AppLink>
          <RelativeTime iso={comment.created_at} className={styles.when} />
        </p>
        <RichText text={comment.body} />
      </div>
      {comment.can_delete && (
        <>
          <IconButton label={t('posts.deleteComment', { name: comment.author.display_name })} icon={<Trash2 />} onPress={() => setAsks(true)} />
          <Confirm
            isOpen={asks}
            onClose={() => setAsks(false)}
            onConfirm={() =>
              remove.mutate(comment.id, {
                onError: (error) => {
                  setAsks(false);
                  showToast(errorText(t, error), { tone: 'error' });
                },
              })
            }
            title={t('posts.deleteCommentTitle')}
            text={t('posts.deleteCommentText')}
            confirmLabel={t('common.delete')}
            isBusy={remove.isPending}
          />
        </>
      )}
    </li>
  );
}
