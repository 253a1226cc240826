import { useEffect, useLayoutEffect, useState, type ReactNode } from 'react';
import { useTranslation } from '@/i18n';
import { contact, mayHaveSession, refreshSession, session } from '@/api';
import { forgetEverybody, lastPerson } from '@/entities';
import { EmptyState, Mark, VisuallyHidden } from '@/ui';
import styles from './Boot.module.css';
import { hideShell, showShell } from './opening';

const TRY_AGAIN_MS = 4_000;

/**
 * Before the first page: is someone logged in? Only the server knows, the cookie cannot be read. Who was here last need not
 * wait for its answer: what is kept can be read at once, and goes when the answer is no.
 */
export function Boot({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [state, setState] = useState<'starting' | 'ready' | 'unreachable'>(() => (mayHaveSession() ? 'starting' : 'ready'));
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    // After a log-out nobody needs to ask.
    if (!mayHaveSession()) {
      if (!session.current) forgetEverybody();
      return undefined;
    }
    let isCurrent = true;
    let off = () => {};
    const answered = refreshSession().then(
      () => true,
      () => false,
    );
    void lastPerson().then((me) => {
      if (!isCurrent || !me || !mayHaveSession()) return;
      session.resume(me);
      setState('ready');
    });
    void answered.then((isAnswered) => isCurrent && isAnswered && setState('ready'));
    void Promise.all([answered, lastPerson()]).then(([isAnswered]) => {
      if (!isCurrent || isAnswered || session.current) return;
      setState('unreachable');
      const again = () => setAttempt(attempt + 1);
      const timer = setTimeout(again, TRY_AGAIN_MS);
      const unsubscribe = contact.subscribe(({ isReached }) => isReached && again());
      off = () => {
        clearTimeout(timer);
        unsubscribe();
      };
    });
    return () => {
      isCurrent = false;
      off();
    };
  }, [attempt]);
  useLayoutEffect(() => {
    if (state !== 'unreachable') return undefined;
    hideShell();
    return () => showShell(location.pathname);
  }, [state]);
  if (state === 'ready') return children;
  // The shell is what is seen meanwhile.
  if (state === 'starting') {
    return (
      <div role="status">
        <VisuallyHidden>{t('status.starting')}</VisuallyHidden>
      </div>
    );
  }
  return (
    <main className={styles.page}>
      <div role="alert">
        <h1>
          <VisuallyHidden>Village</VisuallyHidden>
        </h1>
        <EmptyState icon={<Mark size={32} />} title={t('status.unreachable')} text={t('status.unreachableHint')} />
      </div>
    </main>
  );
}
