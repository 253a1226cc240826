import { cx } from './cx';
import styles from './ProgressBar.module.css';

/** How far something is, in our colours: a browser's own bar is blue on some, whatever a page says. */
export function ProgressBar({ label, value, text, isWaiting = false, className }: { label: string; value: number; text?: string; isWaiting?: boolean; className?: string | undefined }) {
  const percent = Math.round(100 * Math.max(0, Math.min(1, value)));
  return (
    <div className={cx(styles.track, isWaiting && styles.waiting, className)} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent} aria-valuetext={text}>
      <span className={styles.fill} style={{ inlineSize: `${percent}%` }} />
    </div>
  );
}
