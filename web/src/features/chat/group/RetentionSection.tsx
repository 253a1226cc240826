import { useId } from 'react';
import { ChevronDown } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { messaging, type Conversation } from '@/api';
import { useAttempt, useTakeConversation } from '../actions';
import styles from './InfoSheet.module.css';
import { RETENTIONS, durationText } from './retention';

/** How long messages stay, for everyone in the conversation. */
export function RetentionSection({ conversation, canChange }: { conversation: Conversation; canChange: boolean }) {
  const { t } = useTranslation();
  const id = useId();
  const attempt = useAttempt();
  const take = useTakeConversation();
  const { retention_seconds: current } = conversation;
  const choices = current === null || RETENTIONS.some((seconds) => seconds === current) ? RETENTIONS : [current, ...RETENTIONS];
  const text = (seconds: number | null) => (seconds === null ? t('chat.keepForever') : durationText(t, seconds));
  return (
    <section className={styles.section} aria-label={t('chat.retention')}>
      <h3>
        <label htmlFor={id}>{t('chat.retention')}</label>
      </h3>
      <p className={styles.note}>{t('chat.retentionText')}</p>
      {canChange ? (
        <span className={styles.select}>
          <select
            id={id}
            value={current ?? ''}
            onChange={(event) => {
              const seconds = event.target.value === '' ? null : Number(event.target.value);
              void attempt(async () => take(await messaging.change(conversation.id, { retention_seconds: seconds })), t('common.saved'));
            }}
          >
            <option value="">{text(null)}</option>
            {choices.map((seconds) => (
              <option key={seconds} value={seconds}>
                {text(seconds)}
              </option>
            ))}
          </select>
          <ChevronDown aria-hidden="true" />
        </span>
      ) : (
        <p id={id}>{text(current)}</p>
      )}
    </section>
  );
}
