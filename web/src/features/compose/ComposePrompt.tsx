import { useTranslation } from '@/i18n';
import type { ChannelSummary } from '@/api';
import { PersonAvatar, useMe } from '@/entities';
import { Card } from '@/ui';
import styles from './ComposePrompt.module.css';
import { openCompose } from './store';

/** Looks like a field, opens the sheet. */
export function ComposePrompt({ channel }: { channel?: ChannelSummary }) {
  const { t } = useTranslation();
  const me = useMe();
  const text = channel ? t('channels.postHere', { name: channel.name }) : t('compose.prompt', { name: me.display_name.split(' ')[0] });
  return (
    <Card className={styles.card}>
      <button type="button" className={styles.open} onClick={() => openCompose(channel ?? null)} aria-haspopup="dialog">
        <PersonAvatar person={me} />
        <span className={styles.text}>{text}</span>
        {/* Part of the same button: one target, one name. */}
        <span className={styles.post} aria-hidden="true">
          {t('compose.post')}
        </span>
      </button>
    </Card>
  );
}
