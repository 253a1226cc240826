import { Check, CheckCheck } from 'lucide-react';
import { listOf, useTranslation } from '@/i18n';
import type { Conversation, Message } from '@/api';
import { PersonAvatar, useMe } from '@/entities';
import { useMembers } from '../people';
import styles from './ReadMarks.module.css';

const MAX_FACES = 3;

/** How far the last own message has come. */
export function ReadMarks({ conversation, message }: { conversation: Conversation; message: Message }) {
  return conversation.kind === 'direct' ? <Direct conversation={conversation} seq={message.seq} /> : <Group conversation={conversation} seq={message.seq} />;
}

function Direct({ conversation, seq }: { conversation: Conversation; seq: number }) {
  const { t } = useTranslation();
  const state = conversation.peer_read_seq >= seq ? 'seen' : conversation.peer_delivered_seq >= seq ? 'delivered' : 'sent';
  return (
    <span className={styles.mark} data-state={state}>
      {state === 'sent' ? <Check aria-hidden="true" /> : <CheckCheck aria-hidden="true" />}
      {t(`chat.${state}`)}
    </span>
  );
}

function Group({ conversation, seq }: { conversation: Conversation; seq: number }) {
  const { t } = useTranslation();
  const me = useMe();
  const { members } = useMembers(conversation);
  const readers = members.filter(({ user, read_seq: read }) => user.id !== me.id && read !== null && read >= seq);
  if (readers.length === 0) {
    return (
      <span className={styles.mark}>
        <Check aria-hidden="true" />
        {t('chat.sent')}
      </span>
    );
  }
  const names = listOf(readers.map(({ user }) => user.display_name));
  return (
    <span className={styles.mark} title={names}>
      <span className={styles.faces} aria-hidden="true">
        {readers.slice(0, MAX_FACES).map(({ user }) => (
          <span key={user.id}>
            <PersonAvatar person={user} size={18} />
          </span>
        ))}
      </span>
      {t('chat.seenBy', { count: readers.length })}
    </span>
  );
}
