import { useEffect, useState } from 'react';
import { ImageOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Image } from '@/api';
import { hasExpired, refreshImages, useFreshImage } from '@/entities';
import { BlurhashImage } from '@/ui';
import styles from './SignedImage.module.css';

interface SignedImageProps {
  postId: string;
  image: Image;
  /** The width it will have on the page, for the browser's choice among the sizes. */
  sizes: string;
  fit?: 'cover' | 'contain';
  eager?: boolean;
}

/** A picture of a post. Gets a new address when the old one has run out, and says so when there is none. */
export function SignedImage({ postId, image, sizes, fit = 'cover', eager = false }: SignedImageProps) {
  const { t } = useTranslation();
  const current = useFreshImage(image) ?? image;
  const [failedUntil, setFailedUntil] = useState<string>();
  // Judged once per address: a picture that has arrived stays, whatever the clock says.
  const [usable, setUsable] = useState(!hasExpired(current));
  const [isLost, setLost] = useState(false);
  const { expires_at: expiresAt } = current;
  useEffect(() => {
    const ok = Date.parse(expiresAt) > Date.now() && failedUntil !== expiresAt;
    setUsable(ok);
    if (ok) setLost(false);
    else refreshImages({ post: postId }).catch(() => setLost(true));
  }, [expiresAt, failedUntil, postId]);

  const fallback = current.sizes.find((size) => size.name === 'medium') ?? current.sizes[0];
  if (isLost) {
    return (
      <span className={styles.lost}>
        <ImageOff aria-hidden="true" />
        {current.alt || t('posts.imageFailed')}
      </span>
    );
  }
  return (
    <BlurhashImage
      blurhash={current.blurhash}
      alt={current.alt}
      src={usable ? fallback?.url : undefined}
      srcSet={usable ? current.sizes.map((size) => `${size.url} ${size.width}w`).join(', ') : undefined}
      sizes={sizes}
      fit={fit}
      eager={eager}
      onError={() => (failedUntil === undefined ? setFailedUntil(expiresAt) : setLost(true))}
    />
  );
}
