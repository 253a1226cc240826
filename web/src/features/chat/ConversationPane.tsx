import { useQuery } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import { useEffect } from 'react';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '@/api';
import { PersonAvatar } from '@/entities';
import { paths } from '@/paths';
import { AppLink, ErrorState, IconButton, RowSkeleton, SkeletonList } from '@/ui';
import { conversationQuery } from './api';
import styles from './ConversationPane.module.css';
import { MessageBox } from './MessageBox';
import { MessageLog } from './MessageLog';

export function ConversationPane({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery(conversationQuery(id));
  const conversation = query.data;
  const name = conversation?.peer?.display_name ?? t('chat.someone');
  useEffect(() => {
    if (conversation) document.title = `${name} · Village`;
  }, [conversation, name]);
  return (
    <section className={styles.pane} aria-label={conversation ? t('chat.log', { name }) : t('chat.title')}>
      <PaneHeader conversation={conversation} name={name} />
      {query.isPending && <SkeletonList of={RowSkeleton} />}
      {query.isError && !conversation && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {conversation && (
        <>
          <MessageLog conversation={conversation} name={name} />
          {conversation.can_send ? <MessageBox conversationId={id} /> : <p className={styles.closed}>{t('chat.blocked')}</p>}
        </>
      )}
    </section>
  );
}

function PaneHeader({ conversation, name }: { conversation: Conversation | undefined; name: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const peer = conversation?.peer;
  return (
    <header className={styles.header}>
      <IconButton className={styles.back ?? ''} label={t('common.back')} icon={<ArrowLeft className={styles.arrow} />} onPress={() => void navigate({ to: paths.chat })} />
      {peer ? (
        <AppLink to={paths.profile(peer.handle)} className={styles.peer}>
          <PersonAvatar person={peer} size={36} />
          <h2 className={styles.name}>{name}</h2>
        </AppLink>
      ) : (
        conversation && <h2 className={styles.name}>{name}</h2>
      )}
    </header>
  );
}
