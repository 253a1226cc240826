import { useState } from 'react';
import { useTranslation } from '@/i18n';
import type { Image } from '@/api';
import type { ImageOwner } from '../images';
import { frameOf } from './frame';
import { Gallery, loadGallery } from './LazyGallery';
import styles from './ImageGrid.module.css';
import { MAX_SHOWN, sizesOf } from './preload';
import { SignedImage } from './SignedImage';

/** One to five pictures in a fixed frame; the rest waits in the gallery. The frame keeps its place while they load. */
export function ImageGrid({ owner, images, eager = false }: { owner: ImageOwner; images: readonly Image[]; eager?: boolean }) {
  const { t } = useTranslation();
  const [openAt, setOpenAt] = useState<number | null>(null);
  const shown = images.slice(0, MAX_SHOWN);
  if (shown.length === 0) return null;
  const frame = frameOf(shown.map(({ width, height }) => width / height));
  return (
    <>
      <ul className={styles.grid} style={{ aspectRatio: frame.ratio }}>
        {shown.map((image, index) => {
          const place = { number: index + 1, total: images.length };
          const hidden = index === MAX_SHOWN - 1 ? images.length - MAX_SHOWN : 0;
          const cell = frame.cells[index] ?? { x: 0, y: 0, width: 1, height: 1, ratio: 1 };
          return (
            <li key={image.media_id} style={{ insetInlineStart: part(cell.x), insetBlockStart: part(cell.y), inlineSize: part(cell.width), blockSize: part(cell.height) }}>
              <button
                type="button"
                className={styles.open}
                aria-label={hidden > 0 ? `${t('posts.openImage', place)}, ${t('posts.moreImages', { count: hidden })}` : image.alt ? t('posts.openImageAlt', { ...place, alt: image.alt }) : t('posts.openImage', place)}
                onPointerDown={warm}
                onFocus={warm}
                onClick={() => setOpenAt(index)}
              >
                <SignedImage owner={owner} image={image} eager={eager} cell={cell.ratio} sizes={sizesOf(cell.width)} />
                {hidden > 0 && <span className={styles.rest}>{t('posts.moreImages', { count: hidden })}</span>}
              </button>
            </li>
          );
        })}
      </ul>
      {openAt !== null && <Gallery pictures={images.map((image) => ({ owner, image }))} start={openAt} onClose={() => setOpenAt(null)} />}
    </>
  );
}

/** The code of the viewer comes while the finger is still down. */
const warm = () => void loadGallery().catch(() => undefined);

const part = (value: number) => `${(value * 100).toFixed(3)}%`;
