import { useRef, useState } from 'react';
import { ChevronLeft, ChevronRight, X } from 'lucide-react';
import { Dialog, Modal, ModalOverlay } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { Image } from '@/api';
import { IconButton, useLayer } from '@/ui';
import { ownerKey, type ImageOwner } from '../images';
import styles from './Gallery.module.css';
import { SignedImage } from './SignedImage';

export interface Picture {
  owner: ImageOwner;
  image: Image;
}

interface GalleryProps {
  pictures: readonly Picture[];
  start: number;
  onClose: () => void;
  /** Called with the place one has come to, where there may be more to fetch. */
  onMove?: (index: number) => void;
}

const SWIPE_PX = 48;

const keyOf = ({ owner, image }: Picture) => `${ownerKey(owner)} ${image.media_id}`;

/** Full screen; arrow keys, swipes, Escape. The description is shown, not only spoken. */
export function Gallery({ pictures, start, onClose, onMove }: GalleryProps) {
  const { t, i18n } = useTranslation();
  const [at, setAt] = useState(() => ({ index: start, key: pictures[start] && keyOf(pictures[start]) }));
  useLayer(true, onClose);
  const touch = useRef<{ x: number; y: number } | null>(null);
  // The list may grow at either end, or lose one, while one looks: the picture stays.
  const found = pictures.findIndex((picture) => keyOf(picture) === at.key);
  const last = pictures.length - 1;
  const index = found >= 0 ? found : Math.min(at.index, last);
  const picture = pictures[index];
  if (!picture) return null;
  const { owner, image } = picture;
  const place = { number: index + 1, total: pictures.length };
  const show = (wanted: number) => {
    const next = Math.min(last, Math.max(0, wanted));
    setAt({ index: next, key: pictures[next] && keyOf(pictures[next]) });
    onMove?.(next);
  };
  const go = (step: number) => show(index + step);
  const forward = i18n.dir() === 'rtl' ? -1 : 1;

  function onKeyDown(event: React.KeyboardEvent) {
    if (event.key === 'ArrowRight') go(forward);
    else if (event.key === 'ArrowLeft') go(-forward);
    else if (event.key === 'Home') show(0);
    else if (event.key === 'End') show(last);
  }

  function onTouchEnd(event: React.TouchEvent) {
    const end = event.changedTouches[0];
    if (!touch.current || !end) return;
    const x = end.clientX - touch.current.x;
    const y = end.clientY - touch.current.y;
    touch.current = null;
    if (Math.abs(x) > SWIPE_PX && Math.abs(x) > Math.abs(y)) go(x < 0 ? forward : -forward);
    else if (y > SWIPE_PX * 2) onClose();
  }

  return (
    <ModalOverlay isOpen onOpenChange={(open) => !open && onClose()} className={styles.overlay ?? ''}>
      <Modal className={styles.modal ?? ''}>
        <Dialog aria-label={t('posts.gallery')} className={styles.dialog ?? ''}>
          {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- keys bubble here from the buttons inside */}
          <div
            className={styles.stage}
            onKeyDown={onKeyDown}
            onTouchStart={({ touches }) => {
              const first = touches[0];
              touch.current = first ? { x: first.clientX, y: first.clientY } : null;
            }}
            onTouchEnd={onTouchEnd}
          >
            <header className={styles.bar}>
              <span aria-live="polite">{t('posts.galleryPosition', place)}</span>
              <IconButton className={styles.control ?? ''} label={t('common.close')} icon={<X />} onPress={onClose} autoFocus />
            </header>
            <div className={styles.picture}>
              <SignedImage key={keyOf(picture)} owner={owner} image={image} sizes="100vw" fit="contain" eager />
            </div>
            {last > 0 && (
              <>
                <IconButton className={`${styles.control} ${styles.previous}`} label={t('posts.previous')} icon={<ChevronLeft />} onPress={() => go(-1)} isDisabled={index === 0} />
                <IconButton className={`${styles.control} ${styles.next}`} label={t('posts.next')} icon={<ChevronRight />} onPress={() => go(1)} isDisabled={index === last} />
              </>
            )}
            {image.alt && (
              <p className={styles.alt} dir="auto">
                {image.alt}
              </p>
            )}
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
