import { CircleAlert, Clock, Image as ImageIcon } from 'lucide-react';
import { errorText, useTranslation } from '@/i18n';
import { Button, ProgressBar, RichText, cx } from '@/ui';
import { discard, retry, type Unsent } from '../outbox';
import styles from './UnsentBubble.module.css';

/** Looks unsent until the server has it: outlined, not filled, and it says what it waits for. */
export function UnsentBubble({ entry }: { entry: Unsent }) {
  const { t } = useTranslation();
  const { photos, body, progress } = entry;
  return (
    <div className={styles.unsent}>
      <div className={cx(styles.bubble, photos.length > 0 && styles.withImages)}>
        {entry.isForward && <p className={styles.caption}>{t('chat.forwarded')}</p>}
        {photos.length > 0 && (
          <div className={cx(styles.previews, photos.length === 1 && styles.single)}>
            {photos.map(({ key, url, alt }) => (url ? <img key={key} src={url} alt={alt} /> : <ImageIcon key={key} aria-hidden="true" />))}
          </div>
        )}
        {progress !== null && <ProgressBar className={styles.progress} value={progress} label={t('chat.uploading')} />}
        {body && <RichText text={body} className={photos.length > 0 ? styles.caption : undefined} />}
      </div>
      {entry.state === 'failed' ? (
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
        <span className={styles.state}>
          <Clock aria-hidden="true" />
          <span>{t(entry.state === 'queued' ? 'chat.queued' : 'chat.sending')}</span>
          {entry.state === 'queued' && (
            <button type="button" className={styles.discard} onClick={() => discard(entry.clientId)}>
              {t('chat.discard')}
            </button>
          )}
        </span>
      )}
    </div>
  );
}
