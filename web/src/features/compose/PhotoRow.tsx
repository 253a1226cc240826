import type { Dispatch } from 'react';
import { Check, RotateCcw, X } from 'lucide-react';
import { Input, ProgressBar, TextField } from 'react-aria-components';
import { useTranslation } from '@/i18n';
import type { Photo } from '@/entities';
import { IconButton, cx } from '@/ui';
import type { ComposeAction } from './machine';
import styles from './PhotoRow.module.css';

/** One picture on its way: what it looks like, how far it is, what it shows. */
export function PhotoRow({ photo, number, dispatch }: { photo: Photo; number: number; dispatch: Dispatch<ComposeAction> }) {
  const { t } = useTranslation();
  const isMoving = photo.state === 'uploading' || photo.state === 'processing';
  const text = photo.rejection ? t(`errors.${photo.rejection}`) : t(`compose.state_${photo.state}`);
  return (
    <li className={styles.photo}>
      <img className={cx(styles.preview, photo.state !== 'ready' && styles.waiting)} src={photo.previewUrl} alt={t('compose.photoNumber', { number })} />
      <div className={styles.middle}>
        <TextField aria-label={t('compose.alt', { number })} value={photo.alt} onChange={(alt) => dispatch({ type: 'alt', id: photo.id, alt })} maxLength={500}>
          <Input className={styles.alt} placeholder={t('compose.altPlaceholder')} dir="auto" />
        </TextField>
        <div className={cx(styles.state, photo.state === 'failed' && styles.failed, photo.state === 'ready' && styles.ready)}>
          {photo.state === 'ready' && <Check aria-hidden="true" />}
          <span aria-live="polite">{text}</span>
          {isMoving && (
            <ProgressBar className={styles.progress ?? ''} aria-label={t('compose.progress', { number })} value={photo.progress * 100} isIndeterminate={photo.state === 'processing'}>
              <span className={cx(styles.track, photo.state === 'processing' && styles.pulse)}>
                <span className={styles.fill} style={{ inlineSize: `${Math.round(photo.progress * 100)}%` }} />
              </span>
            </ProgressBar>
          )}
        </div>
        {photo.isAnimated && !photo.isRejected && <p className={styles.state}>{t('compose.animated')}</p>}
      </div>
      {photo.state === 'failed' && !photo.isRejected && (
        <IconButton label={t('compose.retry', { number })} icon={<RotateCcw />} onPress={() => dispatch({ type: 'retry', id: photo.id })} />
      )}
      <IconButton label={t('compose.remove', { number })} icon={<X />} onPress={() => dispatch({ type: 'remove', id: photo.id })} />
    </li>
  );
}
