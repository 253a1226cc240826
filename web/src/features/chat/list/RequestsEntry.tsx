import { useInfiniteQuery } from '@tanstack/react-query';
import { MailQuestionMark } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { toItems } from '@/api';
import { paths } from '@/paths';
import { AppLink, Badge } from '@/ui';
import { requestsQuery } from '../api';
import styles from './ConversationList.module.css';

/** People one does not follow who want to talk. Shown only when there is someone. */
export function RequestsEntry() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(requestsQuery);
  const count = toItems(query.data, (conversation) => conversation.id).filter(({ state }) => state === 'requested').length;
  if (count === 0) return null;
  return (
    <AppLink to={paths.chatRequests} className={styles.row} activeProps={{ className: `${styles.row} ${styles.selected}` }}>
      <span className={styles.sign} aria-hidden="true">
        <MailQuestionMark />
      </span>
      <span className={styles.words}>
        <span className={styles.name}>{t('chat.requests')}</span>
        <span className={styles.last}>{t('chat.requestsCount', { count })}</span>
      </span>
      <Badge count={count} label={t('chat.requestsCount', { count })} />
    </AppLink>
  );
}
