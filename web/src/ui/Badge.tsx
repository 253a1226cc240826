import { formatNumber } from '@/i18n';
import styles from './Badge.module.css';

/** A count of something unread. The words for screen readers come from the caller. */
export function Badge({ count, label }: { count: number; label: string }) {
  if (count <= 0) return null;
  return (
    <span className={styles.badge}>
      <span aria-hidden="true">{count > 99 ? `${formatNumber(99)}+` : formatNumber(count)}</span>
      <span className={styles.words}>{label}</span>
    </span>
  );
}
