import { useEffect, useMemo } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useParams, useRouterState } from '@tanstack/react-router';
import { MessageSquare } from 'lucide-react';
import { useTranslation } from '@/i18n';
import '@/i18n/chat';
import { toItems } from '@/api';
import { live } from '@/entities';
import { paths } from '@/paths';
import { EmptyState, cx } from '@/ui';
import { conversationsQuery } from './api';
import styles from './ChatPage.module.css';
import { JoinPane } from './group/JoinPane';
import { ListPane } from './list/ListPane';
import { ConversationPane } from './pane/ConversationPane';
import { RequestList } from './requests/RequestList';

/** The list and one conversation: side by side where there is room, one after the other on a phone. */
export function ChatPage() {
  const { t } = useTranslation();
  const { id } = useParams({ strict: false }) as { id?: string };
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const list = useInfiniteQuery(conversationsQuery);
  const peers = useMemo(() => toItems(list.data, (conversation) => conversation.id).flatMap(({ peer }) => (peer ? [peer.id] : [])), [list.data]);
  // While the chat is open one learns who is here, of the people in the list.
  useEffect(() => live.watch(peers), [peers]);
  useEffect(() => () => live.watch([]), []);
  const isOpen = pathname !== paths.chat;
  return (
    <div className={cx(styles.chat, isOpen && styles.open)}>
      <div className={styles.list}>
        <ListPane selectedId={id} />
      </div>
      {id ? (
        <ConversationPane key={id} id={id} />
      ) : pathname === paths.chatRequests ? (
        <RequestList />
      ) : pathname === paths.chatJoin ? (
        <JoinPane />
      ) : (
        <div className={styles.nothing}>
          <EmptyState icon={<MessageSquare />} title={t('chat.choose')} text={t('chat.chooseText')} />
        </div>
      )}
    </div>
  );
}
