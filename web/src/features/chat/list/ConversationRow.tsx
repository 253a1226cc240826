import { BellOff } from 'lucide-react';
import { useTranslation } from '@/i18n';
import '@/i18n/chat';
import type { Conversation, Message } from '@/api';
import { useBlockedIds, useMe } from '@/entities';
import { paths } from '@/paths';
import { tidyLines } from '@/text';
import { AppLink, Badge, RelativeTime, cx } from '@/ui';
import { useDraft } from '../composer/drafts';
import { ConversationPicture } from '../ConversationPicture';
import { useUntilEnd } from '../ending';
import { isFolded } from '../folding';
import { useTypingText } from '../log/TypingLine';
import { isMuted } from '../mute';
import { useName } from '../names';
import { usePerson } from '../people';
import { usePreview } from '../preview';
import styles from './ConversationList.module.css';

export function ConversationRow({ conversation, isSelected }: { conversation: Conversation; isSelected: boolean }) {
  const { t } = useTranslation();
  const { id } = conversation;
  const last = useUntilEnd(conversation.last_message, conversation.retention_seconds);
  // When the last one has ended, all have.
  const unread = last ? conversation.unread_count : 0;
  const name = useName(conversation);
  const muted = isMuted(conversation);
  return (
    <li>
      <AppLink to={paths.conversation(id)} className={cx(styles.row, isSelected && styles.selected, unread > 0 && styles.unread)} aria-current={isSelected ? 'page' : undefined}>
        <ConversationPicture conversation={conversation} />
        <span className={styles.words}>
          <span className={styles.name}>
            <span className={styles.nameText} dir="auto">
              {name}
            </span>
            {muted && <BellOff role="img" aria-label={t('chat.muted')} />}
          </span>
          <LastWords conversation={conversation} isSelected={isSelected} />
        </span>
        <span className={cx(styles.side, muted && styles.quiet)}>
          {last && <RelativeTime iso={last.created_at} className={styles.time} />}
          <Badge count={unread} label={t('common.unread', { count: unread })} />
        </span>
      </AppLink>
    </li>
  );
}

function useIsFolded(message: Message | null): boolean {
  const blocked = useBlockedIds();
  return message !== null && isFolded(message, blocked);
}

/** What is going on right now comes first: someone writes, then one's own draft, then what was said last. */
export function LastWords({ conversation, isSelected = false }: { conversation: Conversation; isSelected?: boolean }) {
  const { t } = useTranslation();
  const me = useMe();
  const draft = tidyLines(useDraft(conversation.id));
  const typing = useTypingText(conversation);
  const last = useUntilEnd(conversation.last_message, conversation.retention_seconds);
  const text = usePreview(conversation, last);
  const isMany = conversation.kind !== 'direct';
  const isHidden = useIsFolded(last);
  const sender = usePerson(conversation, (isMany && last?.kind === 'text' && last.sender_id) || me.id);
  if (typing) return <span className={cx(styles.last, styles.typing)}>{typing}</span>;
  if (draft && !isSelected) {
    return (
      <span className={styles.last} dir="auto">
        <span className={styles.draft}>{t('chat.draft')}</span> {draft}
      </span>
    );
  }
  if (!last) return <span className={styles.last}>{t('chat.nothingYet')}</span>;
  // In the list also of a conversation of two: there nobody has asked to read it.
  if (isHidden) return <span className={cx(styles.last, styles.event)}>{t('chat.fromBlocked', { count: 1 })}</span>;
  const isMine = last.sender_id === me.id && last.kind === 'text' && !last.deleted_at;
  const words = isMine ? t('chat.you', { text }) : isMany && last.kind === 'text' && sender ? t('chat.incoming', { name: sender.display_name, text }) : text;
  return (
    <span className={cx(styles.last, (last.kind === 'event' || last.deleted_at) && styles.event)} dir="auto">
      {words}
    </span>
  );
}
