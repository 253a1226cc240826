import { ArrowLeft, CircleQuestionMark, Info, Search } from 'lucide-react';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from '@/i18n';
import type { Conversation } from '@/api';
import { paths } from '@/paths';
import { ActionMenu, IconButton } from '@/ui';
import { ConversationPicture } from '../ConversationPicture';
import { isMuted } from '../mute';
import { infoTitle, useName } from '../names';
import { usePresent } from '../presence';
import styles from './ConversationPane.module.css';

export function PaneHeader({ conversation, onOpen }: { conversation: Conversation | undefined; onOpen: (what: 'info' | 'search' | 'help') => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const name = useName(conversation);
  const isPresent = usePresent(conversation?.peer?.id);
  const under =
    conversation &&
    [
      conversation.kind === 'direct' ? isPresent && t('chat.here') : t('channels.members', { count: conversation.member_count }),
      isMuted(conversation) && t('chat.muted'),
    ]
      .filter(Boolean)
      .join(' · ');
  return (
    <header className={styles.header}>
      <IconButton className={styles.back ?? ''} label={t('common.back')} icon={<ArrowLeft className={styles.arrow} />} onPress={() => void navigate({ to: paths.chat })} />
      {conversation && (
        <h2 className={styles.heading}>
          <button type="button" className={styles.peer} onClick={() => onOpen('info')} aria-haspopup="dialog">
            <ConversationPicture conversation={conversation} size={36} />
            <span className={styles.titles}>
              <span className={styles.name} dir="auto">
                {name}
              </span>
              {under && <span className={styles.under}>{under}</span>}
            </span>
          </button>
        </h2>
      )}
      {conversation && (
        <span className={styles.actions}>
          <ActionMenu
            label={t('chat.more_actions')}
            actions={[
              { id: 'search', label: t('chat.searchHere'), icon: <Search />, onAction: () => onOpen('search') },
              { id: 'info', label: t(infoTitle(conversation.kind)), icon: <Info />, onAction: () => onOpen('info') },
              { id: 'help', label: t('chat.help'), icon: <CircleQuestionMark />, onAction: () => onOpen('help') },
            ]}
          />
        </span>
      )}
    </header>
  );
}
