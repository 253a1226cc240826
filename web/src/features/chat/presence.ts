// Who is here now, of those one may see. A hint: it is asked for while someone looks, and forgotten with the connection.
import { useSyncExternalStore } from 'react';

let present: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

function set(next: ReadonlySet<string>): void {
  present = next;
  for (const listener of listeners) listener();
}

/** Without a connection nothing is known. */
export function clearPresence(): void {
  if (present.size > 0) set(new Set());
}

export function notePresence(userId: string, isPresent: boolean): void {
  if (present.has(userId) === isPresent) return;
  const next = new Set(present);
  if (isPresent) next.add(userId);
  else next.delete(userId);
  set(next);
}

export function usePresent(userId: string | undefined): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => userId !== undefined && present.has(userId),
  );
}
