import { useParams } from '@tanstack/react-router';
import { MessageSquare } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { EmptyState, PageHeader, cx } from '@/ui';
import styles from './ChatPage.module.css';
import { ConversationList } from './ConversationList';
import { ConversationPane } from './ConversationPane';

/** The list and one conversation: side by side where there is room, one after the other on a phone. */
export function ChatPage() {
  const { t } = useTranslation();
  const { id } = useParams({ strict: false }) as { id?: string };
  return (
    <div className={cx(styles.chat, id && styles.open)}>
      <section className={styles.list} aria-label={t('chat.list')}>
        <PageHeader title={t('chat.title')} />
        <ConversationList selectedId={id} />
      </section>
      {id ? (
        <ConversationPane key={id} id={id} />
      ) : (
        <div className={styles.nothing}>
          <EmptyState icon={<MessageSquare />} title={t('chat.choose')} text={t('chat.chooseText')} />
        </div>
      )}
    </div>
  );
}
