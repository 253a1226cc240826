import { useEffect, useRef, useState } from 'react';
import { decode } from 'blurhash';
import styles from './BlurhashImage.module.css';
import { cx } from './cx';

interface BlurhashImageProps {
  blurhash: string;
  alt: string;
  src: string | undefined;
  srcSet?: string | undefined;
  sizes?: string;
  fit?: 'cover' | 'contain';
  eager?: boolean;
  onError?: () => void;
  className?: string;
}

const CANVAS_PX = 32;

/**
 * Fills its container, which reserves the space; shows the blurhash until the picture has arrived, and around a picture that
 * is shown whole. What fills the container is cut at the bottom: faces and the beginnings of pages are above.
 */
export function BlurhashImage({ blurhash, alt, src, srcSet, sizes, fit = 'cover', eager, onError, className }: BlurhashImageProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [loadedSrc, setLoadedSrc] = useState<string>();
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    try {
      const pixels = decode(blurhash, CANVAS_PX, CANVAS_PX);
      const data = context.createImageData(CANVAS_PX, CANVAS_PX);
      data.data.set(pixels);
      context.putImageData(data, 0, 0);
    } catch {
      // A malformed hash leaves the plain background.
    }
  }, [blurhash]);
  return (
    <span className={cx(styles.frame, className)}>
      <canvas ref={canvas} width={CANVAS_PX} height={CANVAS_PX} className={styles.hash} aria-hidden="true" />
      {src && (
        <img
          src={src}
          srcSet={srcSet}
          sizes={sizes}
          alt={alt}
          loading={eager ? 'eager' : 'lazy'}
          decoding="async"
          className={cx(styles.image, styles[fit], loadedSrc === src && styles.loaded)}
          onLoad={() => setLoadedSrc(src)}
          onError={onError}
        />
      )}
    </span>
  );
}
