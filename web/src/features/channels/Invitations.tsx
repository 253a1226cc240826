import { useState } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Trans, useTranslation } from '@/i18n';
import { toItems, type ChannelInvitation } from '@/api';
import { PersonAvatar } from '@/entities';
import { paths } from '@/paths';
import { AppLink, Button, Card, RelativeTime } from '@/ui';
import { invitationsQuery } from './api';
import { InvitationAnswer } from './InvitationAnswer';
import styles from './Invitations.module.css';

/** So many are shown at once: they stand above everything else. */
const SHOWN = 3;

/** The channels that one is invited to, above the list of channels; nothing while there are none. */
export function Invitations() {
  const { t } = useTranslation();
  const { data, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(invitationsQuery);
  const [showsAll, setShowsAll] = useState(false);
  const invitations = toItems(data, (invitation) => invitation.channel.id);
  if (invitations.length === 0) return null;
  const shown = showsAll ? invitations : invitations.slice(0, SHOWN);
  const hasMore = shown.length < invitations.length || hasNextPage;
  return (
    <Card flush className={styles.card}>
      <section aria-labelledby="channel-invitations">
        <h2 id="channel-invitations" className={styles.title}>
          {t('channels.invitations')}
        </h2>
        <ul>
          {shown.map((invitation) => (
            <Row key={invitation.channel.id} invitation={invitation} />
          ))}
        </ul>
        {hasMore && (
          <div className={styles.more}>
            <Button
              variant="quiet"
              isBusy={isFetchingNextPage}
              onPress={() => {
                if (showsAll && hasNextPage) void fetchNextPage();
                setShowsAll(true);
              }}
            >
              {t('channels.moreInvitations')}
            </Button>
          </div>
        )}
      </section>
    </Card>
  );
}

function Row({ invitation: { channel, invited_by: by, invited_at: at } }: { invitation: ChannelInvitation }) {
  const { t } = useTranslation();
  return (
    <li className={styles.row}>
      <AppLink to={paths.channel(channel.slug)} className={styles.link}>
        <PersonAvatar person={by} />
        <span className={styles.words}>
          <span className={styles.text} dir="auto">
            <Trans defaults={t('channels.invitedBy', { who: by.display_name, channel: channel.name })} components={{ b: <b /> }} />
          </span>
          <RelativeTime iso={at} className={styles.time} />
        </span>
      </AppLink>
      <div className={styles.actions}>
        <InvitationAnswer channel={channel} />
      </div>
    </li>
  );
}
