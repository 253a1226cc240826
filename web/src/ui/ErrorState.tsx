// What a list or page shows when it has nothing to show. Apart from EmptyState, since pages before the log-in have no Button.
import { CloudOff } from 'lucide-react';
import { errorText, useTranslation } from '@/i18n';
import { Button } from './Button';
import styles from './States.module.css';

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
