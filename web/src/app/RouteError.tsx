import { useEffect, useEffectEvent, useState } from 'react';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { CircleAlert, CloudOff, RefreshCw } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { contact } from '@/api';
import { Button, EmptyState, PageHeader } from '@/ui';
import { loadAnew } from './anew';
import { PageNotLoaded, loadFailedPages } from './lazyPage';
import { isOutdated } from './newVersion';
import { useEndOfShell } from './opening';
import { reloadForUpdate } from './update';

type Reason = 'offline' | 'outdated' | 'unexpected';

/** In the place of a page that cannot be shown; the navigation around it stays. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  useEndOfShell();
  const reason = useReason(error);
  // The code is loaded first: putting the page back before it is there would only fail and be announced again.
  const { isBusy, retry } = useRetry(reason === 'offline', () => loadFailedPages().then(reset));
  return (
    <div role="alert">
      <PageHeader title={t(`routeError.${reason}Title`)} />
      <EmptyState
        icon={reason === 'offline' ? <CloudOff /> : reason === 'outdated' ? <RefreshCw /> : <CircleAlert />}
        title={t(`routeError.${reason}`)}
        text={t(`routeError.${reason}Hint`)}
        action={
          reason === 'outdated' ? (
            <Button onPress={() => void reloadForUpdate()}>{t('update.reload')}</Button>
          ) : (
            <Button variant="outline" isBusy={isBusy} onPress={retry}>
              {t('common.retry')}
            </Button>
          )
        }
      />
    </div>
  );
}

/** A file that is missing while the server answers has been replaced by a newer version. */
function useReason(error: unknown): Reason {
  const isMissing = error instanceof PageNotLoaded;
  const [reason, setReason] = useState<Reason>(isMissing ? 'offline' : 'unexpected');
  useEffect(() => {
    if (!isMissing) return undefined;
    let isCurrent = true;
    isOutdated().then(
      (outdated) => isCurrent && setReason(outdated ? 'outdated' : 'offline'),
      () => isCurrent && setReason('offline'),
    );
    return () => {
      isCurrent = false;
    };
  }, [isMissing]);
  return reason;
}

const FIRST_RETRY_MS = 1_500;
const MAX_RETRY_MS = 30_000;

/** On a press; by itself as soon as the server is reached again; and every now and then, in case nobody notices that it is. */
function useRetry(isWaiting: boolean, act: () => Promise<void>) {
  const [isBusy, setBusy] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const tryAgain = (isPressed: boolean) => {
    if (isBusy) return;
    setBusy(true);
    act()
      .catch(() => loadAnew({ isPressed }).then(() => setAttempt((count) => count + 1)))
      .finally(() => setBusy(false));
  };
  const retryByItself = useEffectEvent(() => tryAgain(false));
  useEffect(() => {
    if (!isWaiting) return undefined;
    const off = contact.subscribe(({ isReached }) => isReached && retryByItself());
    const timer = setTimeout(() => retryByItself(), Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt));
    const onOnline = () => retryByItself();
    window.addEventListener('online', onOnline);
    return () => {
      off();
      clearTimeout(timer);
      window.removeEventListener('online', onOnline);
    };
  }, [isWaiting, attempt]);
  return { isBusy, retry: () => tryAgain(true) };
}
