import { useMemo, type Dispatch } from 'react';
import { ArrowDown, ArrowUp, Check, RotateCcw, RotateCw, X } from 'lucide-react';
import { Input, TextField } from 'react-aria-components';
import { PhotoPreview, PhotosProgress, usePhotoTools, useReorder, type Photo, type PhotoAction, type PhotoTools } from '@/entities';
import { errorText, useTranslation } from '@/i18n';
import { IconButton, VisuallyHidden, cx } from '@/ui';
import styles from './PhotoRow.module.css';

/** The photos of a post being written, in their order, and how far they are together. */
export function PhotoRows({ photos, dispatch }: { photos: readonly Photo[]; dispatch: Dispatch<PhotoAction> }) {
  const { t } = useTranslation();
  const tools = usePhotoTools(photos, dispatch);
  const ids = useMemo(() => photos.map(({ id }) => id), [photos]);
  const { listRef, liftedId } = useReorder(ids, tools.move);
  return (
    <div className={styles.rows}>
      <PhotosProgress photos={photos} />
      <ul ref={listRef} className={styles.list} aria-label={t('compose.photos')}>
        {photos.map((photo, index) => (
          <PhotoRow key={photo.id} photo={photo} index={index} total={photos.length} isLifted={photo.id === liftedId} tools={tools} dispatch={dispatch} />
        ))}
      </ul>
      <VisuallyHidden live="polite">{tools.announcement}</VisuallyHidden>
    </div>
  );
}

interface RowProps {
  photo: Photo;
  index: number;
  total: number;
  isLifted: boolean;
  tools: PhotoTools;
  dispatch: Dispatch<PhotoAction>;
}

/** One picture on its way: what it looks like, what it shows, how far it is. */
function PhotoRow({ photo, index, total, isLifted, tools, dispatch }: RowProps) {
  const { t } = useTranslation();
  const number = index + 1;
  const { id, state, isRejected } = photo;
  return (
    <li className={cx(styles.photo, isLifted && styles.lifted)} data-photo={id} data-lifted={isLifted || undefined}>
      <span className={cx(styles.preview, total > 1 && styles.grip, state !== 'ready' && styles.waiting)}>
        <PhotoPreview photo={photo} alt={t('compose.photoNumber', { number })} />
      </span>
      <div className={styles.middle}>
        <TextField aria-label={t('compose.alt', { number })} value={photo.alt} onChange={(alt) => dispatch({ type: 'alt', id, alt })} maxLength={500}>
          <Input className={styles.alt} placeholder={t('compose.altPlaceholder')} dir="auto" />
        </TextField>
        <p className={cx(styles.state, state === 'failed' && styles.failed, state === 'ready' && styles.ready)}>
          {state === 'ready' && <Check aria-hidden="true" />}
          <span role={state === 'failed' ? 'alert' : undefined}>{photo.error ? errorText(t, photo.error) : t(`compose.state_${state}`)}</span>
        </p>
        {photo.isAnimated && !isRejected && (
          <p className={styles.state} role="status">
            {t('compose.animated')}
          </p>
        )}
        <div className={styles.tools}>
          {state === 'failed' && !isRejected && <IconButton label={t('compose.retry', { number })} icon={<RotateCcw />} onPress={() => dispatch({ type: 'retry', id })} />}
          {!isRejected && <IconButton label={t('compose.rotate', { number })} icon={<RotateCw />} onPress={() => tools.rotate(id)} data-tool="rotate" />}
          {total > 1 && (
            <>
              <IconButton label={t('compose.moveEarlier', { number })} icon={<ArrowUp />} isDisabled={index === 0} onPress={() => tools.move(id, index - 1)} data-tool="earlier" />
              <IconButton label={t('compose.moveLater', { number })} icon={<ArrowDown />} isDisabled={number === total} onPress={() => tools.move(id, index + 1)} data-tool="later" />
            </>
          )}
          <IconButton className={styles.remove ?? ''} label={t('compose.remove', { number })} icon={<X />} onPress={() => tools.remove(id)} data-tool="remove" />
        </div>
      </div>
    </li>
  );
}
