// Which half of the client a page needs: the few pages before the log-in, or the app.
import { paths } from '@/paths';
import { isBeforeLogin } from './safeNext';

export interface Entry {
  part: 'before' | 'app';
  /** Where the log-in is shown instead, with the way back. */
  address?: string;
}

/** Pages that somebody has to be logged in for. Unknown addresses are not among them: the app says that they are none. */
const APP = new Set(['', 'home', 'c', 'p', 'people', 'chat', 'alerts', 'settings']);

export function entryFor({ pathname }: { pathname: string }, mayHaveSession: boolean): Entry {
  if (mayHaveSession) return { part: 'app' };
  if (isBeforeLogin(pathname)) return { part: 'before' };
  const first = pathname.split('/')[1] ?? '';
  if (!APP.has(first) && !first.startsWith('@')) return { part: 'app' };
  const isHome = pathname === '/' || pathname === paths.home;
  return { part: 'before', address: isHome ? paths.login : `${paths.login}?next=${encodeURIComponent(pathname)}` };
}
