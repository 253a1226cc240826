// The service worker: its registration, and the way from one version of the client to the next. A new version waits until
// someone agrees or no tab is open any more; nobody's page is reloaded while something is being written on it.
import { useSyncExternalStore } from 'react';
import { isWriting } from './writing';

const LOOK_EVERY_MS = 60 * 60_000;

let waiting: ServiceWorker | null = null;
/** Another tab has gone on to the new version; this one still runs the former. */
let isBehind = false;
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

/** After the page is there: it must not compete with what one looks at. Where there is no secure context there is no worker. */
export function startServiceWorker(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const start = () => {
    const idle = globalThis.requestIdleCallback ?? ((task: () => void) => setTimeout(task, 1_000));
    idle(() => {
      navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' }).then(watch, () => {
        // Storage is refused, or the file could not be loaded: everything works without it, and the next visit tries again.
      });
    });
  };
  if (document.readyState === 'complete') start();
  else window.addEventListener('load', start, { once: true });
}

let isWatching = false;

function watch(registration: ServiceWorkerRegistration | undefined): void {
  // Some tools that switch workers off answer with nothing.
  if (isWatching || !registration) return;
  isWatching = true;
  const look = () => {
    // Without a controller this is the first visit: the page runs what the worker has stored.
    waiting = navigator.serviceWorker.controller ? registration.waiting : null;
    tell();
  };
  look();
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', look));
  let wasControlled = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (wasControlled) onNewVersion();
    wasControlled = true;
  });
  const ask = () => {
    if (document.visibilityState === 'visible') registration.update().catch(() => undefined);
  };
  setInterval(ask, LOOK_EVERY_MS);
  window.addEventListener('online', ask);
}

let agreed = false;

function onNewVersion(): void {
  waiting = null;
  if (agreed || !isWriting()) {
    location.reload();
    return;
  }
  isBehind = true;
  tell();
}

/** The person agrees: the new version takes over, and this page is loaded again. */
export async function reloadForUpdate(): Promise<void> {
  agreed = true;
  if (!isBehind) {
    const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
    if (registration && !registration.waiting) await registration.update().catch(() => undefined);
    const next = registration?.waiting ?? registration?.installing;
    if (next) {
      // Reloaded by `onNewVersion`. An installation that fails must not leave the button without effect.
      next.addEventListener('statechange', () => next.state === 'redundant' && location.reload());
      next.addEventListener('statechange', () => activate(next));
      activate(next);
      return;
    }
  }
  location.reload();
}

function activate(worker: ServiceWorker): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
  if (worker.state === 'installed') worker.postMessage({ type: 'activate' });
}

export function useIsUpdateReady(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => waiting !== null || isBehind,
  );
}
