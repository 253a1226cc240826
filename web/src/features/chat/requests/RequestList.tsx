import { useInfiniteQuery } from '@tanstack/react-query';
import { Inbox } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { toItems } from '@/api';
import { paths } from '@/paths';
import { EmptyState, InfiniteList, PageHeader, RowSkeleton, SkeletonList } from '@/ui';
import { requestsQuery } from '../api';
import { ConversationRow } from '../list/ConversationRow';
import styles from './requests.module.css';

/** People who want to talk to one whom one does not follow. Looking at it tells them nothing. */
export function RequestList() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(requestsQuery);
  const conversations = toItems(query.data, ({ id }) => id).filter(({ state }) => state === 'requested');
  return (
    <section className={styles.pane} aria-label={t('chat.requests')}>
      <PageHeader title={t('chat.requests')} back={paths.chat} />
      <div className={styles.scroller}>
        <p className={styles.lead}>{t('chat.requestsLead')}</p>
        <InfiniteList
          query={query}
          isEmpty={conversations.length === 0}
          skeleton={<SkeletonList of={RowSkeleton} count={3} />}
          empty={<EmptyState icon={<Inbox />} title={t('chat.noRequests')} />}
        >
          <ul>
            {conversations.map((conversation) => (
              <ConversationRow key={conversation.id} conversation={conversation} isSelected={false} />
            ))}
          </ul>
        </InfiniteList>
      </div>
    </section>
  );
}
