import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Image } from '@/api';
import { cx } from '@/ui';
import type { ImageOwner } from '../images';
import { Gallery } from './Gallery';
import styles from './ImageGrid.module.css';
import { SignedImage } from './SignedImage';

const MAX_SHOWN = 5;
const LAYOUTS = ['none', 'one', 'two', 'three', 'four', 'five'] as const;

/** One to five pictures in a fixed frame; the rest waits in the gallery. The frame keeps its place while they load. */
export function ImageGrid({ owner, images, eager = false }: { owner: ImageOwner; images: readonly Image[]; eager?: boolean }) {
  const { t } = useTranslation();
  const [openAt, setOpenAt] = useState<number | null>(null);
  const shown = images.slice(0, MAX_SHOWN);
  const [first] = shown;
  if (!first) return null;
  // A single picture keeps its own shape, within reason: nobody wants to scroll past a very tall one.
  const ratio = shown.length === 1 ? Math.min(2, Math.max(0.8, first.width / first.height)) : undefined;
  return (
    <>
      <ul className={cx(styles.grid, styles[LAYOUTS[shown.length] ?? 'five'])} style={ratio ? { aspectRatio: ratio } : undefined}>
        {shown.map((image, index) => {
          const place = { number: index + 1, total: images.length };
          const hidden = index === MAX_SHOWN - 1 ? images.length - MAX_SHOWN : 0;
          return (
            <li key={image.media_id}>
              <button
                type="button"
                className={styles.open}
                aria-label={hidden > 0 ? `${t('posts.openImage', place)}, ${t('posts.moreImages', { count: hidden })}` : image.alt ? t('posts.openImageAlt', { ...place, alt: image.alt }) : t('posts.openImage', place)}
                onClick={() => setOpenAt(index)}
              >
                <SignedImage owner={owner} image={image} eager={eager} sizes={shown.length === 1 ? '(min-width: 700px) 600px, 100vw' : '(min-width: 700px) 380px, 66vw'} />
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
