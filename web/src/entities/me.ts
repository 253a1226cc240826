import { useSyncExternalStore } from 'react';
import { session, type Credentials, type Me } from '@/api';

export function useCredentials(): Credentials | null {
  return useSyncExternalStore(session.subscribe, () => session.current);
}

/** The person who is logged in. Only for screens behind the log-in. */
export function useMe(): Me {
  const me = useSyncExternalStore(session.subscribe, () => session.lastMe);
  if (!me) throw new Error('useMe was used on a page that is open to everyone.');
  return me;
}
