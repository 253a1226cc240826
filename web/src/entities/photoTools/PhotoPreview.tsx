import { useState } from 'react';
import { ImageIcon } from 'lucide-react';
import { cx } from '@/ui';
import type { Photo } from '../photos';
import styles from './PhotoPreview.module.css';

const TURNS: Record<number, string | undefined> = { 90: styles.quarter, 180: styles.half, 270: styles.threeQuarters };

/** A photo before it is posted. While it is being turned, and of a HEIC photo until it is converted, with what there is. */
export function PhotoPreview({ photo, alt, isWhole = false }: { photo: Photo; alt: string; isWhole?: boolean }) {
  const [brokenUrl, setBrokenUrl] = useState<string | null>(null);
  const turn = (photo.rotation - photo.previewRotation + 360) % 360;
  if (brokenUrl === photo.previewUrl) {
    return (
      <span className={cx(styles.frame, styles.empty)} role="img" aria-label={alt}>
        <ImageIcon aria-hidden="true" />
      </span>
    );
  }
  return (
    <span className={cx(styles.frame, isWhole && styles.whole)}>
      <img src={photo.previewUrl} alt={alt} draggable={false} className={cx(styles.image, TURNS[turn])} onError={() => setBrokenUrl(photo.previewUrl)} />
    </span>
  );
}
