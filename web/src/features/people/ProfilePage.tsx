import { useState } from 'react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { Ban, MessageSquare, PenLine, Settings } from 'lucide-react';
import { errorText, Trans, useTranslation } from '@/i18n';
import type { User } from '@/api';
import { openCompose } from '@/features/compose';
import { PostList, authorPostsQuery } from '@/features/posts';
import { PersonAvatar } from '@/entities';
import { paths } from '@/paths';
import { ActionMenu, AppLink, Button, Card, Confirm, EmptyState, ErrorState, LinkButton, PageHeader, PostSkeleton, RichText, SkeletonList, dateOnly, showToast } from '@/ui';
import { useBlock, useFollow, useStartConversation, userQuery } from './api';
import { EditProfile } from './EditProfile';
import styles from './ProfilePage.module.css';

export function ProfilePage() {
  const { handle } = useParams({ strict: false }) as { handle: string };
  const user = useQuery(userQuery(`@${handle}`));
  return (
    <>
      <PageHeader title={user.data?.display_name ?? `@${handle}`} back={paths.home} />
      {user.isPending && <SkeletonList of={PostSkeleton} gap />}
      {user.isError && !user.data && <ErrorState error={user.error} onRetry={() => void user.refetch()} />}
      {user.data && (
        <div className={styles.column}>
          <ProfileCard user={user.data} />
          {!user.data.relationship.blocking && <Posts user={user.data} />}
        </div>
      )}
    </>
  );
}

function ProfileCard({ user }: { user: User }) {
  const { t } = useTranslation();
  const [edits, setEdits] = useState(false);
  const { is_self: isSelf, blocking, followed_by: followsMe } = user.relationship;
  return (
    <Card as="section" aria-label={user.display_name} className={styles.profile}>
      <div className={styles.head}>
        <PersonAvatar person={user} size={96} />
        <div className={styles.names}>
          <p className={styles.name} dir="auto">
            {user.display_name}
          </p>
          <p className={styles.handle}>
            <bdi>@{user.handle}</bdi>
            {followsMe && <span className={styles.tag}>{t('people.followsYou')}</span>}
          </p>
        </div>
      </div>
      {user.bio && <RichText text={user.bio} className={styles.bio} />}
      <p className={styles.counts}>
        <AppLink to={paths.followers(user.handle)}>
          <Trans i18nKey="people.followersCount" count={user.followers_count} components={{ b: <b /> }} />
        </AppLink>
        <AppLink to={paths.following(user.handle)}>
          <Trans i18nKey="people.followingCount" values={{ count: user.following_count }} components={{ b: <b /> }} />
        </AppLink>
        <span>{t('people.since', { date: dateOnly(user.created_at) })}</span>
      </p>
      <div className={styles.actions}>
        {isSelf && (
          <>
            <Button variant="outline" onPress={() => setEdits(true)}>
              <PenLine aria-hidden="true" />
              {t('people.edit')}
            </Button>
            <LinkButton to={paths.settings} variant="outline">
              <Settings aria-hidden="true" />
              {t('nav.settings')}
            </LinkButton>
          </>
        )}
        {!isSelf && (blocking ? <Blocked user={user} /> : <Actions user={user} />)}
      </div>
      {edits && <EditProfile user={user} onClose={() => setEdits(false)} />}
    </Card>
  );
}

function Blocked({ user }: { user: User }) {
  const { t } = useTranslation();
  const block = useBlock(user.id);
  return (
    <div className={styles.blocked}>
      <p>
        {t('people.blocked', { name: user.display_name })} {t('people.blockedText')}
      </p>
      <Button variant="outline" isBusy={block.isPending} onPress={() => block.mutate(false, { onError: (error) => showToast(errorText(t, error), { tone: 'error' }) })}>
        {t('people.unblock')}
      </Button>
    </div>
  );
}

function Actions({ user }: { user: User }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const follow = useFollow(user);
  const block = useBlock(user.id);
  const start = useStartConversation();
  const [asks, setAsks] = useState(false);
  const { following, followed_by: followsMe } = user.relationship;
  const name = user.display_name;
  const onError = (error: unknown) => {
    setAsks(false);
    showToast(errorText(t, error), { tone: 'error' });
  };
  return (
    <>
      {following ? (
        <Button variant="soft" aria-label={t('people.unfollowHint', { name })} onPress={() => follow.mutate(false, { onError })}>
          {t('people.following')}
        </Button>
      ) : (
        <Button onPress={() => follow.mutate(true, { onError })}>{followsMe ? t('people.followBack') : t('people.follow')}</Button>
      )}
      <Button
        variant="outline"
        isBusy={start.isPending}
        onPress={() => start.mutate(user.id, { onError, onSuccess: (conversation) => void navigate({ to: paths.conversation(conversation.id) }) })}
      >
        <MessageSquare aria-hidden="true" />
        {t('people.message')}
      </Button>
      <ActionMenu
        label={t('people.actions', { name })}
        actions={[{ id: 'block', label: t('people.block'), icon: <Ban aria-hidden="true" />, danger: true, onAction: () => setAsks(true) }]}
      />
      <Confirm
        isOpen={asks}
        onClose={() => setAsks(false)}
        onConfirm={() => block.mutate(true, { onError, onSuccess: () => setAsks(false) })}
        title={t('people.blockTitle', { name })}
        text={t('people.blockText')}
        confirmLabel={t('people.block')}
        isBusy={block.isPending}
      />
    </>
  );
}

function Posts({ user }: { user: User }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(authorPostsQuery(user.id));
  const { is_self: isSelf, following } = user.relationship;
  return (
    <PostList
      query={query}
      empty={
        <Card>
          {isSelf ? (
            <EmptyState title={t('posts.emptyOwn')} text={t('posts.emptyOwnText')} action={<Button onPress={() => openCompose()}>{t('feed.firstPost')}</Button>} />
          ) : (
            // There may be posts for others.
            <EmptyState title={t('posts.emptyPerson')} {...(following ? {} : { text: t('posts.emptyPersonText') })} />
          )}
        </Card>
      }
    />
  );
}
