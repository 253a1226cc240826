import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/api';
import { PersonAvatar } from '@/entities';
import { VisuallyHidden, clockTime, cx } from '@/ui';
import { usePerson } from '../people';
import { Bubble } from './Bubble';
import { useLogTools } from './context';
import styles from './MessageRun.module.css';
import { ReadMarks } from './ReadMarks';
import { dayName } from './timeline';

export function DayMark({ date }: { date: string }) {
  const { t, i18n } = useTranslation();
  const [now] = useState(() => new Date());
  const name = dayName(date, now);
  const text =
    typeof name === 'string' ? t(`chat.${name}`) : new Intl.DateTimeFormat(i18n.language, { weekday: 'long', day: 'numeric', month: 'long' }).format(name);
  return (
    <h3 className={styles.day}>
      <time dateTime={date}>{text}</time>
    </h3>
  );
}

export function UnreadMark() {
  const { t } = useTranslation();
  return (
    <div className={styles.unread} data-unread-mark role="separator" aria-label={t('chat.unreadHere')}>
      <span aria-hidden="true">{t('chat.unreadHere')}</span>
    </div>
  );
}

interface MessageRunProps {
  senderId: string;
  messages: Message[];
  lastOwnId: string | undefined;
}

/** What one person said in one breath. */
export function MessageRun({ senderId, messages, lastOwnId }: MessageRunProps) {
  const { t, i18n } = useTranslation();
  const { conversation, meId } = useLogTools();
  const sender = usePerson(conversation, senderId);
  const isMine = senderId === meId;
  const isMany = conversation.kind !== 'direct';
  const last = messages.at(-1);
  const lastOwn = messages.find((message) => message.id === lastOwnId);
  const name = sender?.display_name ?? t('chat.someone');
  return (
    <div className={cx(styles.run, isMine ? styles.mine : styles.theirs, isMany && !isMine && styles.withFace)}>
      {isMany && !isMine ? (
        <>
          <span className={styles.face}>
            <PersonAvatar person={sender ?? { id: senderId, display_name: name }} size={32} />
          </span>
          <p className={styles.sender} dir="auto">
            {name}
          </p>
        </>
      ) : (
        <VisuallyHidden>{isMine ? t('chat.youSaid') : name}</VisuallyHidden>
      )}
      <ol className={styles.bubbles}>
        {messages.map((message, index) => (
          <Bubble key={message.id} message={message} isMine={isMine} isFirst={index === 0} isLast={index === messages.length - 1} />
        ))}
      </ol>
      {last && (
        <p className={styles.time}>
          <time dateTime={last.created_at}>{clockTime(last.created_at, i18n.language)}</time>
          {lastOwn && <ReadMarks conversation={conversation} message={lastOwn} />}
        </p>
      )}
    </div>
  );
}
