// The one live connection of this tab.
import { useSyncExternalStore } from 'react';
import { refreshSession, rest, session } from '@/api';
import { LiveClient } from '@/live';

export const live = new LiveClient({
  url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/messaging`,
  tokens: { current: () => session.current, refresh: refreshSession, subscribe: session.subscribe },
  rest,
});

/** True while the connection is being made or made again. */
export function useIsLiveDown(): boolean {
  const status = useSyncExternalStore(
    (changed) => live.on((event) => event.type === 'status' && changed()),
    () => live.status,
  );
  return status === 'waiting' || status === 'connecting';
}
