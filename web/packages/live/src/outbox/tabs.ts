// Several tabs of one person share one outbox: one of them sends at a time, and all show the same.

/** Runs one task at a time under a name, across all tabs. */
export type Lock = <R>(name: string, task: () => Promise<R>) => Promise<R>;

/** What of BroadcastChannel we need. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  close(): void;
}

/** A tab that was put to sleep in the middle keeps its lock; the client_id makes it safe to go ahead without. */
const LOCK_PATIENCE_MS = 20_000;

/** Web Locks exist in secure contexts only; on plain http in a home network tabs may send twice, and `client_id` makes it one. */
export const webLocks: Lock = async (name, task) => {
  const locks = globalThis.navigator?.locks;
  if (!locks) return task();
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), LOCK_PATIENCE_MS);
  let begun = false;
  try {
    return await locks.request(name, { signal: patience.signal }, () => {
      begun = true;
      clearTimeout(timer);
      return task();
    });
  } catch (error) {
    if (begun) throw error;
    // Waited long enough, or a setting forbids locks.
    return task();
  } finally {
    clearTimeout(timer);
  }
};

export function broadcastChannel(name: string): Channel | null {
  return typeof BroadcastChannel === 'undefined' ? null : (new BroadcastChannel(name) as unknown as Channel);
}
