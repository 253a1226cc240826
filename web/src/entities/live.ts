// The one live connection of this tab.
import { useEffect, useState, useSyncExternalStore } from 'react';
import { refreshSession, session } from '@/api';
import { LiveClient, type LiveStatus } from '@/live';

export const live = new LiveClient({
  url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/messaging`,
  tokens: { current: () => session.current, refresh: refreshSession, subscribe: session.subscribe },
});

function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(
    (changed) => live.on((event) => event.type === 'status' && changed()),
    () => live.status,
  );
}

const PATIENCE_MS = 3_000;

/** True once the connection has been away long enough to be worth a word. */
export function useIsOffline(): boolean {
  const status = useLiveStatus();
  const isDown = status === 'waiting' || status === 'connecting';
  const [isOffline, setOffline] = useState(false);
  useEffect(() => {
    if (!isDown) {
      setOffline(false);
      return undefined;
    }
    const timer = setTimeout(() => setOffline(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isDown]);
  return isOffline;
}
