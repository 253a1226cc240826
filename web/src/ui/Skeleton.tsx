import { useTranslation } from '@/i18n';
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

/** Squares in the grid that pictures will stand in. */
export function TileSkeleton({ className, count }: { className: string | undefined; count: number }) {
  const { t } = useTranslation();
  return (
    <div role="status">
      <VisuallyHidden>{t('common.loading')}</VisuallyHidden>
      <div className={className} aria-hidden="true">
        {Array.from({ length: count }, (_, index) => (
          <span key={index} className={cx(styles.block, styles.tile)} />
        ))}
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
