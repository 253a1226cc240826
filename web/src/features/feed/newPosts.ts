// Whether something new waits above the feed. It is not pushed in: the page must not move under someone's thumb.
import { useSyncExternalStore } from 'react';

let has = false;
const listeners = new Set<() => void>();

function set(value: boolean): void {
  has = value;
  for (const listener of listeners) listener();
}

export function noteNewPost(): void {
  set(true);
}

export function clearNewPosts(): void {
  set(false);
}

export function useNewPosts(): { has: boolean; clear: () => void } {
  const value = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => has,
  );
  return { has: value, clear: clearNewPosts };
}
