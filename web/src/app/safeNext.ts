import { paths } from '@/paths';

/** Only addresses of this client: a link must not be able to lead from the log-in to another site. */
export function safeNext(next: unknown): string {
  return typeof next === 'string' && /^\/[a-z@]/.test(next) ? next : paths.home;
}
