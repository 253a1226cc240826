import type { ReactNode } from 'react';
import { useTranslation } from '@/i18n';
import { VisuallyHidden, cx } from '@/ui';
import styles from '@/ui/Button.module.css';

/** Looks as `Button` of the app does. Stays focusable and keeps its width while the work goes on. */
export function SubmitButton({ isBusy, children }: { isBusy: boolean; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <button type={isBusy ? 'button' : 'submit'} className={cx(styles.button, styles.primary, styles.wide, styles.plain, isBusy && styles.busy)}>
      <span className={styles.label}>{children}</span>
      {isBusy && (
        <>
          <span className={styles.spinner} aria-hidden="true" />
          <VisuallyHidden>{t('common.loading')}</VisuallyHidden>
        </>
      )}
    </button>
  );
}
