import { useInfiniteQuery } from '@tanstack/react-query';
import { Hash, Lock } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { toItems } from '@/api';
import { ConversationPicture, LastWords, conversationsQuery, useNameOf } from '@/features/chat';
import { myChannelsQuery } from '@/entities';
import { paths } from '@/paths';
import { AppLink, Badge, Card } from '@/ui';
import styles from './Aside.module.css';

const SHOWN = 4;

/**
 * What is going on elsewhere. Quiet when there is nothing; errors are told on the pages themselves. A card comes when it is
 * known how high it and what stands above it are: nothing moves.
 */
export function Aside() {
  const { t } = useTranslation();
  const isWaiting = useInfiniteQuery(conversationsQuery).isPending;
  return (
    <aside className={styles.aside} aria-label={t('nav.aside')}>
      {!isWaiting && (
        <>
          <RecentMessages />
          <YourChannels />
        </>
      )}
    </aside>
  );
}

function RecentMessages() {
  const { t } = useTranslation();
  const nameOf = useNameOf();
  const query = useInfiniteQuery(conversationsQuery);
  const conversations = toItems(query.data, (conversation) => conversation.id).slice(0, SHOWN);
  return (
    <Card as="section" aria-label={t('nav.messages')} className={styles.card}>
      <h2 className={styles.title}>{t('nav.messages')}</h2>
      {query.isSuccess && conversations.length === 0 && <p className={styles.quiet}>{t('feed.noMessages')}</p>}
      <ul>
        {conversations.map((conversation) => (
          <li key={conversation.id}>
            <AppLink to={paths.conversation(conversation.id)} className={styles.row}>
              <ConversationPicture conversation={conversation} size={36} />
              <span className={styles.words}>
                <span className={styles.name} dir="auto">
                  {nameOf(conversation)}
                </span>
                <LastWords conversation={conversation} />
              </span>
              <Badge count={conversation.unread_count} label={t('common.unread', { count: conversation.unread_count })} />
            </AppLink>
          </li>
        ))}
      </ul>
      {conversations.length > 0 && (
        <AppLink to={paths.chat} className={styles.all}>
          {t('feed.allMessages')}
        </AppLink>
      )}
    </Card>
  );
}

function YourChannels() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(myChannelsQuery);
  const channels = toItems(query.data, (channel) => channel.id)
    .filter((channel) => channel.membership !== 'invited')
    .slice(0, SHOWN * 2);
  if (query.isPending) return null;
  return (
    <Card as="section" aria-label={t('feed.yourChannels')} className={styles.card}>
      <h2 className={styles.title}>{t('feed.yourChannels')}</h2>
      {query.isSuccess && channels.length === 0 && <p className={styles.quiet}>{t('feed.noChannels')}</p>}
      <ul>
        {channels.map((channel) => (
          <li key={channel.id}>
            <AppLink to={paths.channel(channel.slug)} className={styles.channel}>
              {channel.visibility === 'private' ? <Lock aria-hidden="true" /> : <Hash aria-hidden="true" />}
              <span dir="auto">{channel.name}</span>
            </AppLink>
          </li>
        ))}
      </ul>
      <AppLink to={paths.channels} className={styles.all}>
        {t('feed.allChannels')}
      </AppLink>
    </Card>
  );
}
