// Quiet lines above the page: no contact with the server, and a new version that waits.
import { useEffect, useState } from 'react';
import { CloudOff, RefreshCw } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { lastContact, useIsLiveDown, useIsOffline } from '@/entities';
import { Button, Confirm, clockTime, cx, dateOnly, useNow } from '@/ui';
import styles from './DeviceLines.module.css';
import { reloadForUpdate, useIsUpdateReady } from './update';
import { wouldLose } from './writing';

/** Most interruptions are over before anyone needs to know. */
const OFFLINE_PATIENCE_MS = 2_000;
const RECONNECTING_PATIENCE_MS = 6_000;

export function DeviceLines() {
  const isOffline = useOverdue(useIsOffline(), navigator.onLine === false ? 0 : OFFLINE_PATIENCE_MS);
  const isDown = useOverdue(useIsLiveDown(), RECONNECTING_PATIENCE_MS);
  const isUpdateReady = useIsUpdateReady();
  return (
    <>
      <div role="status">{isOffline ? <Offline /> : isDown && <Reconnecting />}</div>
      <div role="status">{isUpdateReady && <Update />}</div>
    </>
  );
}

function useOverdue(isSo: boolean, patience: number): boolean {
  const [isOverdue, setOverdue] = useState(false);
  useEffect(() => {
    if (!isSo) return undefined;
    const timer = setTimeout(() => setOverdue(true), patience);
    return () => {
      clearTimeout(timer);
      setOverdue(false);
    };
  }, [isSo, patience]);
  return isSo && isOverdue;
}

function Offline() {
  const { t } = useTranslation();
  const [since, setSince] = useState<number | null>(null);
  useEffect(() => {
    let isCurrent = true;
    void lastContact().then((at) => isCurrent && setSince(at));
    return () => {
      isCurrent = false;
    };
  }, []);
  return (
    <p className={styles.line}>
      <CloudOff aria-hidden="true" />
      <span className={styles.words}>{useSinceText(since) ?? t('offline.now')}</span>
    </p>
  );
}

function useSinceText(since: number | null): string | null {
  const { t } = useTranslation();
  const now = useNow();
  if (since === null) return null;
  const iso = new Date(since).toISOString();
  const isToday = new Date(since).toDateString() === new Date(now).toDateString();
  return isToday ? t('offline.since', { time: clockTime(iso) }) : t('offline.sinceDay', { date: dateOnly(iso), time: clockTime(iso) });
}

function Reconnecting() {
  const { t } = useTranslation();
  return (
    <p className={styles.line}>
      <CloudOff aria-hidden="true" />
      <span className={styles.words}>{t('status.reconnecting')}</span>
    </p>
  );
}

function Update() {
  const { t } = useTranslation();
  const [asks, setAsks] = useState(false);
  return (
    <div className={cx(styles.line, styles.update)}>
      <RefreshCw aria-hidden="true" />
      <span className={styles.words}>{t('update.ready')}</span>
      <Button variant="quiet" onPress={() => (wouldLose() ? setAsks(true) : void reloadForUpdate())}>
        {t('update.reload')}
      </Button>
      <Confirm
        isOpen={asks}
        onClose={() => setAsks(false)}
        onConfirm={() => void reloadForUpdate()}
        title={t('update.unkeptTitle')}
        text={t('update.unkeptText')}
        confirmLabel={t('update.reload')}
      />
    </div>
  );
}
