import { useCallback, useMemo, useState } from 'react';
import { ArrowLeft, ArrowRight, RotateCcw, RotateCw, X } from 'lucide-react';
import { PhotoPreview, PhotosProgress, usePhotoTools, useReorder, type Photo, type PhotoAction, type PhotoTools } from '@/entities';
import { errorText, useTranslation } from '@/i18n';
import { Button, IconButton, Sheet, TextField, VisuallyHidden, cx } from '@/ui';
import styles from './PhotoTray.module.css';
import { MAX_ALT, altExcess, dispatchPhotos } from './tray';

/** The pictures that will go with the message: how far they are, their order, and words for those who cannot see them. */
export function PhotoTray({ conversationId, photos }: { conversationId: string; photos: readonly Photo[] }) {
  const { t } = useTranslation();
  const [openId, setOpenId] = useState<string | null>(null);
  const dispatch = useCallback((action: PhotoAction) => dispatchPhotos(conversationId, action), [conversationId]);
  const tools = usePhotoTools(photos, dispatch);
  const ids = useMemo(() => photos.map(({ id }) => id), [photos]);
  const { listRef, liftedId } = useReorder(ids, tools.move);
  const open = photos.findIndex((photo) => photo.id === openId);
  const openPhoto = photos[open];
  return (
    <div className={styles.box}>
      <PhotosProgress photos={photos} />
      <ul ref={listRef} className={styles.tray} aria-label={t('compose.photos')}>
        {photos.map((photo, index) => (
          <Thumbnail key={photo.id} photo={photo} number={index + 1} isLifted={photo.id === liftedId} tools={tools} onOpen={() => setOpenId(photo.id)} onRetry={() => dispatch({ type: 'retry', id: photo.id })} />
        ))}
      </ul>
      <VisuallyHidden live="polite">{tools.announcement}</VisuallyHidden>
      <div className={styles.notes} aria-live="polite">
        {photos.map((photo, index) => {
          const note = photo.error ? errorText(t, photo.error) : photo.isAnimated ? t('compose.animated') : '';
          return note && <p key={photo.id} className={cx(photo.error !== null && styles.problem)}>{t('compose.noteOnPhoto', { number: index + 1, note })}</p>;
        })}
      </div>
      {openPhoto && (
        <Sheet isOpen onClose={() => setOpenId(null)} title={t('chat.describe')} footer={<Button onPress={() => setOpenId(null)}>{t('chat.done')}</Button>}>
          <div className={styles.describe}>
            <div className={styles.whole}>
              <PhotoPreview photo={openPhoto} alt="" isWhole />
            </div>
            <ul className={styles.tools}>
              <li data-photo={openPhoto.id}>
                {!openPhoto.isRejected && <IconButton label={t('compose.rotate', { number: open + 1 })} icon={<RotateCw />} onPress={() => tools.rotate(openPhoto.id)} />}
                {photos.length > 1 && (
                  <>
                    <IconButton className={styles.arrow ?? ''} label={t('compose.moveEarlier', { number: open + 1 })} icon={<ArrowLeft />} isDisabled={open === 0} onPress={() => tools.move(openPhoto.id, open - 1)} data-tool="earlier" />
                    <span aria-hidden="true">{t('compose.place', { number: open + 1, total: photos.length })}</span>
                    <IconButton className={styles.arrow ?? ''} label={t('compose.moveLater', { number: open + 1 })} icon={<ArrowRight />} isDisabled={open + 1 === photos.length} onPress={() => tools.move(openPhoto.id, open + 1)} data-tool="later" />
                  </>
                )}
              </li>
            </ul>
            <VisuallyHidden live="polite">{tools.announcement}</VisuallyHidden>
            <TextField label={t('chat.description')} hint={t('chat.descriptionHint')} value={openPhoto.alt} onChange={(alt) => dispatch({ type: 'alt', id: openPhoto.id, alt })} error={altExcess(openPhoto.alt) > 0 ? t('chat.descriptionTooLong', { count: altExcess(openPhoto.alt), max: MAX_ALT }) : null} autoFocus />
          </div>
        </Sheet>
      )}
    </div>
  );
}

interface ThumbnailProps {
  photo: Photo;
  number: number;
  isLifted: boolean;
  tools: PhotoTools;
  onOpen: () => void;
  onRetry: () => void;
}

function Thumbnail({ photo, number, isLifted, tools, onOpen, onRetry }: ThumbnailProps) {
  const { t } = useTranslation();
  const { id, state } = photo;
  return (
    <li className={cx(styles.photo, state === 'failed' && styles.failed, isLifted && styles.lifted)} data-photo={id} data-lifted={isLifted || undefined}>
      <button type="button" className={styles.open} onClick={onOpen} aria-label={t('chat.describePhoto', { number })} data-grip="">
        <span className={cx(styles.picture, state !== 'ready' && state !== 'failed' && styles.waiting)}>
          <PhotoPreview photo={photo} alt={photo.alt} />
        </span>
        {photo.alt && (
          <span className={styles.described} aria-hidden="true">
            ALT
          </span>
        )}
      </button>
      <span className={styles.state}>{t(`compose.state_${state}`)}</span>
      {state === 'failed' && !photo.isRejected && (
        <button type="button" className={cx(styles.small, styles.retry)} aria-label={t('compose.retry', { number })} onClick={onRetry}>
          <RotateCcw aria-hidden="true" />
        </button>
      )}
      <button type="button" className={cx(styles.small, styles.remove)} aria-label={t('compose.remove', { number })} onClick={() => tools.remove(id)} data-tool="remove">
        <X aria-hidden="true" />
      </button>
    </li>
  );
}
