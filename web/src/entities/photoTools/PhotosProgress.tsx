import { useTranslation } from '@/i18n';
import '@/i18n/photos';
import { ProgressBar, VisuallyHidden } from '@/ui';
import type { Photo } from '../photos';
import styles from './PhotosProgress.module.css';

/** How far all photos are together. Read out are the end and what went wrong, not each step. */
export function PhotosProgress({ photos }: { photos: readonly Photo[] }) {
  const { t } = useTranslation();
  const total = photos.length;
  const ready = photos.filter(({ state }) => state === 'ready').length;
  const failed = photos.filter(({ state }) => state === 'failed').length;
  const isMoving = ready + failed < total;
  const sentence = t('compose.photosMoving', { number: Math.min(ready + failed + 1, total), total });
  const share = total === 0 ? 0 : photos.reduce((sum, photo) => sum + shareOf(photo), 0) / total;
  const end = total > 0 && !isMoving ? (failed > 0 ? t('compose.photosFailed', { count: failed }) : t('compose.photosReady', { count: total })) : '';
  return (
    <>
      {isMoving && (
        <div className={styles.progress}>
          <span aria-hidden="true">{sentence}</span>
          <ProgressBar className={styles.bar} label={t('compose.photosProgress')} value={share} text={sentence} />
        </div>
      )}
      <VisuallyHidden live="polite">{end}</VisuallyHidden>
    </>
  );
}

/** Preparing is a tenth of it, and so is what the server does at the end. */
function shareOf({ state, progress, prepared }: Photo): number {
  if (state === 'ready' || state === 'failed') return 1;
  if (state === 'processing') return 0.9;
  if (state === 'uploading') return 0.1 + 0.8 * progress;
  return prepared ? 0.1 : state === 'preparing' ? 0.05 : 0;
}
