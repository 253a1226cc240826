import { tidyLine } from '@/text';
import styles from './Avatar.module.css';
import { cx } from './cx';

export interface AvatarProps {
  /** Chooses the colour; the same person has the same one everywhere. */
  seed: string;
  name: string;
  src?: string | undefined;
  size?: 18 | 32 | 36 | 44 | 96;
  onError?: () => void;
}

const TONES = 8;

/** Decorative: the name always stands next to it. */
export function Avatar({ seed, name, src, size = 44, onError }: AvatarProps) {
  return (
    <span className={cx(styles.avatar, styles[`size${size}`], styles[`tone${tone(seed)}`])} aria-hidden="true">
      {initial(name)}
      {src && <img src={src} alt="" loading="lazy" decoding="async" onError={onError} />}
    </span>
  );
}

function initial(name: string): string {
  const first = [...new Intl.Segmenter().segment(tidyLine(name))][0]?.segment ?? '?';
  return first.toLocaleUpperCase();
}

function tone(seed: string): number {
  let hash = 0;
  for (const char of seed) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) | 0;
  return Math.abs(hash) % TONES;
}
