// What a list or page shows when it has nothing to show.
import type { ReactNode } from 'react';
import { CloudOff } from 'lucide-react';
import { errorText, useTranslation } from '@/i18n';
import { Button } from './Button';
import styles from './States.module.css';

interface EmptyStateProps {
  icon?: ReactNode;
  title: string;
  text?: string;
  action?: ReactNode;
}

export function EmptyState({ icon, title, text, action }: EmptyStateProps) {
  return (
    <div className={styles.state}>
      {icon && (
        <span className={styles.icon} aria-hidden="true">
          {icon}
        </span>
      )}
      <p className={styles.title}>{title}</p>
      {text && <p className={styles.text}>{text}</p>}
      {action}
    </div>
  );
}

interface ErrorStateProps {
  error: unknown;
  onRetry?: () => void;
}

export function ErrorState({ error, onRetry }: ErrorStateProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.state} role="alert">
      <span className={styles.icon} aria-hidden="true">
        <CloudOff />
      </span>
      <p className={styles.title}>{errorText(t, error)}</p>
      {onRetry && (
        <Button variant="outline" onPress={onRetry}>
          {t('common.retry')}
        </Button>
      )}
    </div>
  );
}

/** A sentence above a form that says why it did not work. */
export function FormError({ error }: { error: ReactNode }) {
  return (
    <div role="alert" className={styles.formErrorBox}>
      {error && <p className={styles.formError}>{error}</p>}
    </div>
  );
}
