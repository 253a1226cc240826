import { useState } from 'react';
import { RotateCcw, X } from 'lucide-react';
import { useTranslation } from '@/i18n';
import type { Photo } from '@/entities';
import { Button, Sheet, TextField, cx } from '@/ui';
import styles from './PhotoTray.module.css';
import { dispatchPhotos } from './tray';

/** The pictures that will go with the message: how far they are, and a description for those who cannot see them. */
export function PhotoTray({ conversationId, photos }: { conversationId: string; photos: readonly Photo[] }) {
  const { t } = useTranslation();
  const [openId, setOpenId] = useState<string | null>(null);
  const open = photos.find((photo) => photo.id === openId);
  return (
    <>
      <ul className={styles.tray} aria-label={t('compose.photos')}>
        {photos.map((photo, index) => {
          const number = index + 1;
          const isMoving = photo.state === 'uploading' || photo.state === 'processing' || photo.state === 'queued';
          return (
            <li key={photo.id} className={cx(styles.photo, photo.state === 'failed' && styles.failed)}>
              <button type="button" className={styles.open} onClick={() => setOpenId(photo.id)} aria-label={t('chat.describePhoto', { number })}>
                <img src={photo.previewUrl} alt={photo.alt} className={cx(isMoving && styles.waiting)} />
                {photo.alt && (
                  <span className={styles.described} aria-hidden="true">
                    ALT
                  </span>
                )}
              </button>
              {isMoving && <progress className={styles.progress} value={photo.progress} max={1} aria-label={t('compose.progress', { number })} />}
              <span className={styles.state} aria-live="polite">
                {t(`compose.state_${photo.state}`)}
              </span>
              {photo.state === 'failed' && !photo.isRejected && (
                <button type="button" className={cx(styles.small, styles.retry)} aria-label={t('compose.retry', { number })} onClick={() => dispatchPhotos(conversationId, { type: 'retry', id: photo.id })}>
                  <RotateCcw aria-hidden="true" />
                </button>
              )}
              <button type="button" className={cx(styles.small, styles.remove)} aria-label={t('compose.remove', { number })} onClick={() => dispatchPhotos(conversationId, { type: 'remove', id: photo.id })}>
                <X aria-hidden="true" />
              </button>
            </li>
          );
        })}
      </ul>
      <div className={styles.notes} aria-live="polite">
        {photos.map((photo, index) => {
          const note = photo.rejection ? t(`errors.${photo.rejection}`) : photo.isAnimated && t('compose.animated');
          return note && <p key={photo.id} className={cx(photo.isRejected && styles.problem)}>{t('compose.noteOnPhoto', { number: index + 1, note })}</p>;
        })}
      </div>
      {open && (
        <Sheet isOpen onClose={() => setOpenId(null)} title={t('chat.describe')} footer={<Button onPress={() => setOpenId(null)}>{t('chat.done')}</Button>}>
          <div className={styles.describe}>
            <img src={open.previewUrl} alt="" />
            <TextField
              label={t('chat.description')}
              hint={t('chat.descriptionHint')}
              value={open.alt}
              onChange={(alt) => dispatchPhotos(conversationId, { type: 'alt', id: open.id, alt })}
              maxLength={500}
              autoFocus
            />
          </div>
        </Sheet>
      )}
    </>
  );
}
