import { useTranslation } from '@/i18n';
import { messaging, type Conversation, type NotifyLevel } from '@/api';
import { Button, ChoiceGroup, fullTime, useNow } from '@/ui';
import { useAttempt, useTakeConversation } from '../actions';
import { inHours } from '../mute';
import styles from './InfoSheet.module.css';

const PAUSES = [1, 8, 24 * 7] as const;

export function NotifySection({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const attempt = useAttempt();
  const take = useTakeConversation();
  const now = useNow();
  const { id, notify, muted_until: until, kind } = conversation;
  const change = (body: { notify?: NotifyLevel; muted_until?: string | null }) => {
    // Shown at once; the answer has the last word.
    take({ ...conversation, ...body });
    void attempt(async () => take(await messaging.setSettings(id, body))).then((isDone) => !isDone && take(conversation));
  };
  const isPaused = until !== null && Date.parse(until) > now;
  return (
    <section className={styles.section} aria-label={t('chat.notify')}>
      <ChoiceGroup<NotifyLevel>
        isLong
        label={t('chat.notify')}
        value={notify}
        onChange={(next) => change({ notify: next })}
        choices={[
          { value: 'all', label: t('chat.notify_all') },
          ...(kind === 'direct' ? [] : [{ value: 'mentions' as const, label: t('chat.notify_mentions') }]),
          { value: 'none', label: t('chat.notify_none') },
        ]}
      />
      {notify !== 'none' && (
        <>
          <p className={styles.note}>{isPaused ? t('chat.mutedUntil', { time: fullTime(until) }) : t('chat.muteFor')}</p>
          <div className={styles.buttons}>
            {isPaused ? (
              <Button variant="soft" onPress={() => change({ muted_until: null })}>
                {t('chat.unmute')}
              </Button>
            ) : (
              PAUSES.map((hours) => (
                <Button key={hours} variant="outline" onPress={() => change({ muted_until: inHours(hours) })}>
                  {hours < 24 ? t('chat.hours', { count: hours }) : t('chat.days', { count: hours / 24 })}
                </Button>
              ))
            )}
          </div>
        </>
      )}
    </section>
  );
}
