import { useState } from 'react';
import { CircleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { errorText } from '@/i18n';
import { Button, RichText, clockTime, cx, fullTime } from '@/ui';
import { dayName, type Run } from './days';
import styles from './MessageRun.module.css';
import { discard, retry, type Unsent } from './outbox';

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

export function MessageRun({ run, isMine, seenId }: { run: Run; isMine: boolean; seenId: string | undefined }) {
  const { t, i18n } = useTranslation();
  const last = run.messages.at(-1);
  const isSeen = run.messages.some((message) => message.id === seenId);
  return (
    <ol className={cx(styles.run, isMine ? styles.mine : styles.theirs)}>
      {run.messages.map((message) => (
        <li key={message.id} className={styles.bubble} title={fullTime(message.created_at, i18n.language)}>
          <RichText text={message.body} />
        </li>
      ))}
      {last && (
        <li className={styles.time}>
          <time dateTime={last.created_at}>{clockTime(last.created_at, i18n.language)}</time>
          {isSeen && ` · ${t('chat.seen')}`}
        </li>
      )}
    </ol>
  );
}

/** Looks unsent until the server has it: outlined, not filled. */
export function UnsentBubble({ entry }: { entry: Unsent }) {
  const { t } = useTranslation();
  const hasFailed = entry.state === 'failed';
  return (
    <div className={cx(styles.run, styles.mine)}>
      <div className={cx(styles.bubble, styles.unsent)}>
        <RichText text={entry.body} />
      </div>
      {hasFailed ? (
        <div className={styles.failed} role="alert">
          <CircleAlert aria-hidden="true" />
          <span>
            {t('chat.unsent')}
            {entry.error && `. ${errorText(t, entry.error)}`}
          </span>
          <Button variant="quiet" onPress={() => retry(entry.clientId)}>
            {t('chat.retry')}
          </Button>
          <Button variant="quiet" onPress={() => discard(entry.clientId)}>
            {t('chat.discard')}
          </Button>
        </div>
      ) : (
        <span className={styles.time}>{t(entry.state === 'queued' ? 'chat.queued' : 'chat.sending')}</span>
      )}
    </div>
  );
}
