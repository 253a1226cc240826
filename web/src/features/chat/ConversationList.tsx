import { useInfiniteQuery } from '@tanstack/react-query';
import { MessageSquare } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { toItems, type Conversation } from '@/api';
import { PersonAvatar, useMe } from '@/entities';
import { paths } from '@/paths';
import { AppLink, Badge, EmptyState, InfiniteList, LinkButton, RelativeTime, RowSkeleton, SkeletonList, cx } from '@/ui';
import { conversationsQuery } from './api';
import styles from './ConversationList.module.css';

export function ConversationList({ selectedId }: { selectedId: string | undefined }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(conversationsQuery);
  const conversations = toItems(query.data, (conversation) => conversation.id);
  return (
    <div className={styles.scroller}>
      <InfiniteList
        query={query}
        isEmpty={conversations.length === 0}
        skeleton={<SkeletonList of={RowSkeleton} count={5} />}
        empty={<EmptyState icon={<MessageSquare />} title={t('chat.empty')} text={t('chat.emptyText')} action={<LinkButton to={paths.people}>{t('chat.findPeople')}</LinkButton>} />}
      >
        <ul>
          {conversations.map((conversation) => (
            <Row key={conversation.id} conversation={conversation} isSelected={conversation.id === selectedId} />
          ))}
        </ul>
      </InfiniteList>
    </div>
  );
}

function Row({ conversation, isSelected }: { conversation: Conversation; isSelected: boolean }) {
  const { t } = useTranslation();
  const me = useMe();
  const { peer, last_message: last, unread_count: unread } = conversation;
  const name = peer?.display_name ?? t('chat.someone');
  return (
    <li>
      <AppLink to={paths.conversation(conversation.id)} className={cx(styles.row, isSelected && styles.selected, unread > 0 && styles.unread)} aria-current={isSelected ? 'page' : undefined}>
        <PersonAvatar person={peer ?? { id: conversation.id, display_name: name }} />
        <span className={styles.words}>
          <span className={styles.name}>{name}</span>
          {last && (
            <span className={styles.last} dir="auto">
              {last.sender_id === me.id ? t('chat.you', { text: last.body }) : last.body}
            </span>
          )}
        </span>
        <span className={styles.side}>
          {last && <RelativeTime iso={last.created_at} className={styles.time} />}
          <Badge count={unread} label={t('common.unread', { count: unread })} />
        </span>
      </AppLink>
    </li>
  );
}
