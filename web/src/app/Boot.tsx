import { useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from '@/i18n';
import { mayHaveSession, refreshSession } from '@/api';
import { EmptyState, Mark, VisuallyHidden } from '@/ui';
import styles from './Boot.module.css';

const TRY_AGAIN_MS = 4_000;

/** Before the first page: is someone logged in? Only the server knows, the cookie cannot be read; but after a log-out nobody needs to ask. */
export function Boot({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [state, setState] = useState<'starting' | 'ready' | 'unreachable'>(() => (mayHaveSession() ? 'starting' : 'ready'));
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (!mayHaveSession()) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    refreshSession().then(
      () => setState('ready'),
      () => {
        setState('unreachable');
        timer = setTimeout(() => setAttempt(attempt + 1), TRY_AGAIN_MS);
      },
    );
    return () => clearTimeout(timer);
  }, [attempt]);
  if (state === 'ready') return children;
  return (
    <main className={styles.page}>
      {state === 'starting' ? (
        <div role="status" className={styles.mark}>
          <Mark size={56} />
          <VisuallyHidden>{t('status.starting')}</VisuallyHidden>
        </div>
      ) : (
        <div role="alert">
          <h1>
            <VisuallyHidden>Village</VisuallyHidden>
          </h1>
          <EmptyState icon={<Mark size={32} />} title={t('status.unreachable')} text={t('status.unreachableHint')} />
        </div>
      )}
    </main>
  );
}
