import { useSyncExternalStore } from 'react';
import { session, type Credentials, type Me } from '@/api';

export function useCredentials(): Credentials | null {
  return useSyncExternalStore(session.subscribe, () => session.current);
}

let last: Me | null = null;

/** The person who is logged in. Only for screens behind the log-in. */
export function useMe(): Me {
  const me = useSyncExternalStore(session.subscribe, () => session.current?.me ?? null);
  // A page that is being left after logging out renders once more and still needs a name.
  last = me ?? last;
  if (!last) throw new Error('useMe was used on a page that is open to everyone.');
  return last;
}
