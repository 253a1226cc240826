import { useEffect, useMemo, useState } from 'react';
import { ChevronsDown, ImageOff } from 'lucide-react';
import { useTranslation } from '@/i18n';
import type { Image } from '@/api';
import { BlurhashImage } from '@/ui';
import { useIsOffline } from '../contact';
import { hasExpired, ownerKey, refreshImages, useFreshImage, type ImageOwner } from '../images';
import { fitOf } from './frame';
import { srcSetOf } from './preload';
import styles from './SignedImage.module.css';

interface SignedImageProps {
  /** Where a new address comes from. */
  owner: ImageOwner;
  image: Image;
  /** The width it will have on the page, for the browser's choice among the sizes. */
  sizes: string;
  /** Width / height of the box it stands in: what would lose much by filling it is shown whole. */
  cell: number;
  eager?: boolean;
}

/** A picture behind a signed address, in a box that has a place in the layout. Gets a new address when the old one has run out, and says so when there is none. */
export function SignedImage({ owner, image, sizes, cell, eager = false }: SignedImageProps) {
  const { t } = useTranslation();
  const current = useFreshImage(image) ?? image;
  const { expires_at: expiresAt } = current;
  // Judged once per address, which its expiry names: a picture that has arrived stays, whatever the clock says.
  const isExpired = useMemo(() => hasExpired(current), [current]);
  const [failed, setFailed] = useState<string>();
  const [lost, setLost] = useState<string>();
  const key = ownerKey(owner);
  const isUsable = !isExpired && failed !== expiresAt;
  const isOffline = useIsOffline();
  useEffect(() => {
    // Asked for when the server is reached again.
    if (isUsable || isOffline) return;
    // When this brings a newer address, what is lost is the old one.
    const settle = () => setLost(expiresAt);
    refreshImages(JSON.parse(key) as ImageOwner).then(settle, settle);
  }, [expiresAt, isOffline, isUsable, key]);

  const fallback = current.sizes.find((size) => size.name === 'medium') ?? current.sizes[0];
  if (lost === expiresAt && !isOffline) {
    return (
      <span className={styles.lost}>
        <ImageOff aria-hidden="true" />
        {current.alt || t('posts.imageFailed')}
      </span>
    );
  }
  const { fit, isCut } = fitOf(current.width / current.height, cell);
  return (
    <>
      <BlurhashImage
        blurhash={current.blurhash}
        alt={current.alt}
        src={isUsable ? fallback?.url : undefined}
        srcSet={isUsable ? srcSetOf(current) : undefined}
        sizes={sizes}
        fit={fit}
        eager={eager}
        onError={() => setFailed(expiresAt)}
      />
      {isOffline && !isUsable && current.alt && (
        <span className={styles.waiting} dir="auto">
          {current.alt}
        </span>
      )}
      {isCut && (
        <span className={styles.cut}>
          <ChevronsDown aria-hidden="true" />
        </span>
      )}
    </>
  );
}
