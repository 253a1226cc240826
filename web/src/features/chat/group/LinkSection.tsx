import { useState } from 'react';
import { useTranslation } from '@/i18n';
import '@/i18n/settings';
import { messaging, type Conversation, type ConversationLink } from '@/api';
import { paths } from '@/paths';
import { Button, TextField, copyText, fullTime, showToast } from '@/ui';
import { useAttempt } from '../actions';
import styles from './InfoSheet.module.css';

/** The code stands behind the #, which no browser sends to a server. */
export function joinAddress(code: string): string {
  return `${location.origin}${paths.chatJoin}#${encodeURIComponent(code)}`;
}

/** A link lets whoever has it join. It is shown once: only the server's hash of it is kept. */
export function LinkSection({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const attempt = useAttempt();
  const [link, setLink] = useState<ConversationLink | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async (task: () => Promise<unknown>, done?: string) => {
    setBusy(true);
    await attempt(task, done);
    setBusy(false);
  };
  const address = link && joinAddress(link.code);
  return (
    <>
      {link && address && (
        <>
          <TextField label={t('chat.linkField')} value={address} isReadOnly isCode />
          <p className={styles.note}>{t('chat.linkUntil', { time: fullTime(link.expires_at) })}</p>
        </>
      )}
      <div className={styles.link}>
        {address ? (
          <Button onPress={() => void copyText(address).then((ok) => ok && showToast(t('settings.linkCopied')))}>{t('settings.copyLink')}</Button>
        ) : (
          <Button variant="soft" isBusy={isBusy} onPress={() => void run(async () => setLink(await messaging.makeLink(conversation.id)))}>
            {t('chat.makeLink')}
          </Button>
        )}
        <Button
          variant="outline"
          onPress={() =>
            void run(async () => {
              await messaging.revokeLink(conversation.id);
              setLink(null);
            }, t('chat.linkRevoked'))
          }
        >
          {t('chat.revokeLink')}
        </Button>
      </div>
    </>
  );
}
