import { useRef, useState } from 'react';
import { ChevronLeft, ChevronRight, X } from 'lucide-react';
import { Dialog, Modal, ModalOverlay } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { Image } from '@/api';
import { IconButton } from '@/ui';
import type { ImageOwner } from '../images';
import styles from './Gallery.module.css';
import { SignedImage } from './SignedImage';

interface GalleryProps {
  owner: ImageOwner;
  images: readonly Image[];
  start: number;
  onClose: () => void;
}

const SWIPE_PX = 48;

/** Full screen; arrow keys, swipes, Escape. The description is shown, not only spoken. */
export function Gallery({ owner, images, start, onClose }: GalleryProps) {
  const { t, i18n } = useTranslation();
  const [index, setIndex] = useState(start);
  const touch = useRef<{ x: number; y: number } | null>(null);
  const image = images[index];
  if (!image) return null;
  const place = { number: index + 1, total: images.length };
  const go = (step: number) => setIndex((now) => Math.min(images.length - 1, Math.max(0, now + step)));
  const forward = i18n.dir() === 'rtl' ? -1 : 1;

  function onKeyDown(event: React.KeyboardEvent) {
    if (event.key === 'ArrowRight') go(forward);
    else if (event.key === 'ArrowLeft') go(-forward);
    else if (event.key === 'Home') setIndex(0);
    else if (event.key === 'End') setIndex(images.length - 1);
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
              <SignedImage key={image.media_id} owner={owner} image={image} sizes="100vw" fit="contain" eager />
            </div>
            {images.length > 1 && (
              <>
                <IconButton className={`${styles.control} ${styles.previous}`} label={t('posts.previous')} icon={<ChevronLeft />} onPress={() => go(-1)} isDisabled={index === 0} />
                <IconButton className={`${styles.control} ${styles.next}`} label={t('posts.next')} icon={<ChevronRight />} onPress={() => go(1)} isDisabled={index === images.length - 1} />
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
