import { useState } from 'react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { Hash, Lock, Pencil, UserPlus } from 'lucide-react';
import { Trans, useTranslation } from '@/i18n';
import { toItems, type Channel } from '@/api';
import { ChannelChatButton } from '@/features/chat';
import { ComposePrompt } from '@/features/compose';
import { PostList, channelPostsQuery } from '@/features/posts';
import { PersonAvatar, PersonRow } from '@/entities';
import { paths } from '@/paths';
import { Button, Card, EmptyState, ErrorState, InfiniteList, PageHeader, PostSkeleton, RelativeTime, RichText, RowSkeleton, SkeletonList, Tabs } from '@/ui';
import { channelQuery, invitationsQuery, isGone, membersQuery } from './api';
import { ChannelForm } from './ChannelForm';
import styles from './ChannelPage.module.css';
import { InvitationAnswer } from './InvitationAnswer';
import { InviteSheet } from './InviteSheet';
import { MembershipButton } from './MembershipButton';

export function ChannelPage() {
  const { slug } = useParams({ strict: false }) as { slug: string };
  const channel = useQuery(channelQuery(slug));
  // What one may not know of any more is not shown from memory.
  const isShown = channel.data !== undefined && !isGone(channel.error);
  return (
    <>
      <PageHeader
        title={
          <span className={styles.title}>
            {channel.data?.visibility === 'private' ? <Lock aria-hidden="true" /> : <Hash aria-hidden="true" />}
            {(isShown && channel.data.name) || slug}
          </span>
        }
        documentTitle={(isShown && channel.data.name) || slug}
        back={paths.channels}
      />
      {channel.isPending && <SkeletonList of={PostSkeleton} gap />}
      {channel.isError && !isShown && <ErrorState error={channel.error} onRetry={() => void channel.refetch()} />}
      {isShown && <ChannelView channel={channel.data} />}
    </>
  );
}

function ChannelView({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const [sheet, setSheet] = useState<'edit' | 'invite' | null>(null);
  const isOwner = channel.membership === 'owner';
  const isMember = isOwner || channel.membership === 'member';
  const canRead = isMember || channel.visibility === 'open';
  return (
    <div className={styles.column}>
      <Card className={styles.about}>
        {channel.description && <RichText text={channel.description} className={styles.description} />}
        <p className={styles.meta}>
          {[t('channels.members', { count: channel.member_count }), channel.visibility === 'private' && t('channels.private'), isOwner && t('channels.owner')].filter(Boolean).join(' · ')}
        </p>
        {channel.membership === 'invited' && <Invited channel={channel} />}
        <div className={styles.actions}>
          <MembershipButton channel={channel} />
          {isMember && <ChannelChatButton channelId={channel.id} />}
          {isOwner && channel.visibility === 'private' && (
            <Button variant="soft" onPress={() => setSheet('invite')}>
              <UserPlus aria-hidden="true" />
              {t('channels.invite')}
            </Button>
          )}
          {isOwner && (
            <Button variant="outline" onPress={() => setSheet('edit')}>
              <Pencil aria-hidden="true" />
              {t('channels.edit')}
            </Button>
          )}
        </div>
      </Card>
      {canRead && (
        <Tabs
          label={channel.name}
          items={[
            { id: 'posts', label: t('channels.posts'), content: <Posts channel={channel} isMember={isMember} /> },
            { id: 'members', label: t('channels.membersTab'), content: <Members slug={channel.slug} /> },
          ]}
        />
      )}
      {sheet === 'edit' && <ChannelForm channel={channel} onClose={() => setSheet(null)} />}
      {sheet === 'invite' && <InviteSheet channel={channel} onClose={() => setSheet(null)} />}
    </div>
  );
}

/** Who invited one, and the answer. */
function Invited({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data } = useInfiniteQuery(invitationsQuery);
  const invitation = toItems(data, (one) => one.channel.id).find((one) => one.channel.id === channel.id);
  return (
    <section className={styles.invited} aria-label={t('channels.invitation')}>
      {invitation ? (
        <p className={styles.inviter}>
          <PersonAvatar person={invitation.invited_by} size={36} />
          <span>
            <Trans
              defaults={t('channels.invitedBy', { who: invitation.invited_by.display_name, channel: channel.name })}
              components={{ b: <b /> }}
             
            />{' '}
            <RelativeTime iso={invitation.invited_at} className={styles.meta} />
          </span>
        </p>
      ) : (
        <p>{t('channels.invited')}</p>
      )}
      {channel.visibility === 'private' && <p className={styles.meta}>{t('channels.invitedText')}</p>}
      <div className={styles.actions}>
        <InvitationAnswer channel={channel} onDeclined={() => channel.visibility === 'private' && void navigate({ to: paths.channels })} />
      </div>
    </section>
  );
}

function Posts({ channel, isMember }: { channel: Channel; isMember: boolean }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(channelPostsQuery(channel.slug));
  return (
    <div className={styles.column}>
      {isMember && <ComposePrompt channel={channel} />}
      <PostList
        query={query}
        empty={
          <Card>
            <EmptyState icon={<Hash />} title={t('posts.emptyChannel')} text={isMember ? t('posts.emptyChannelText') : t('channels.joinToPost')} />
          </Card>
        }
      />
    </div>
  );
}

function Members({ slug }: { slug: string }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(membersQuery(slug));
  const members = toItems(query.data, (member) => member.user.id);
  return (
    <Card flush>
      <InfiniteList query={query} isEmpty={members.length === 0} skeleton={<SkeletonList of={RowSkeleton} />} empty={<EmptyState title={t('posts.noLikes')} />}>
        <ul>
          {members.map(({ user, role }) => (
            <PersonRow key={user.id} person={user} {...(role === 'owner' ? { note: t('channels.ownerRole') } : {})} />
          ))}
        </ul>
      </InfiniteList>
    </Card>
  );
}
