import { useTranslation } from 'react-i18next';
import { Card } from './Card';
import { cx } from './cx';
import styles from './Skeleton.module.css';
import { VisuallyHidden } from './VisuallyHidden';

function Line({ width, tall }: { width: 'short' | 'half' | 'long' | 'full'; tall?: boolean }) {
  return <span className={cx(styles.block, styles.line, styles[width], tall && styles.tall)} />;
}

/** Grey shapes in the place of what is coming. */
export function PostSkeleton() {
  return (
    <Card>
      <div className={styles.head}>
        <span className={cx(styles.block, styles.circle)} />
        <div className={styles.lines}>
          <Line width="half" />
          <Line width="short" />
        </div>
      </div>
      <div className={styles.lines}>
        <Line width="full" tall />
        <Line width="long" tall />
      </div>
    </Card>
  );
}

export function RowSkeleton() {
  return (
    <div className={styles.row}>
      <span className={cx(styles.block, styles.circle)} />
      <div className={styles.lines}>
        <Line width="half" />
        <Line width="long" />
      </div>
    </div>
  );
}

export function SkeletonList({ of: Item, count = 3, gap }: { of: () => React.ReactNode; count?: number; gap?: boolean }) {
  const { t } = useTranslation();
  return (
    <div role="status" className={cx(gap && styles.gap)}>
      <VisuallyHidden>{t('common.loading')}</VisuallyHidden>
      {Array.from({ length: count }, (_, index) => (
        <Item key={index} />
      ))}
    </div>
  );
}
