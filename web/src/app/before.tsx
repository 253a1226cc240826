// The pages before the log-in, without the libraries of the app. The app goes on in the same document: the access token
// stays in memory.
import { StrictMode, useSyncExternalStore } from 'react';
import { createRoot } from 'react-dom/client';
import { newKey, session } from '@/api';
import { forgetUnsent, memory } from '@/store';
import { BeforeLogin } from '@/features/auth/BeforeLogin';
import { showShell, useEndOfShell } from './opening';
import { safeNext } from './safeNext';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('popstate', listener);
  };
}

function go(to: string, { replace = false }: { replace?: boolean } = {}): void {
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  window.scrollTo({ top: 0 });
  for (const listener of listeners) listener();
}

/** What the router notes in an entry of its own. Without it, it took the entry for another page's when a layer was closed. */
function entryOfApp(): Record<string, unknown> {
  const key = newKey();
  return { __TSR_index: 0, key, __TSR_key: key };
}

const here = () => location.pathname + location.search + location.hash;

function Pages() {
  useEndOfShell();
  return <BeforeLogin address={useSyncExternalStore(subscribe, here)} go={go} />;
}

/** `openApp` is called once somebody is logged in, here or in another tab; `warmApp` when somebody begins to type. */
export function startBefore(element: HTMLElement, { openApp, warmApp }: { openApp: () => Promise<(element: HTMLElement) => void>; warmApp: () => void }): void {
  // Nobody is logged in here: what a log-out in another window could not take away goes now.
  if (!session.current) {
    void memory.clear();
    forgetUnsent();
  }
  const root = createRoot(element);
  root.render(
    <StrictMode>
      <Pages />
    </StrictMode>,
  );
  document.addEventListener('input', warmApp, { once: true });
  const stop = session.subscribe((credentials) => {
    if (!credentials) return;
    stop();
    const next = safeNext(new URLSearchParams(location.search).get('next'));
    openApp().then(
      (start) => {
        history.replaceState(entryOfApp(), '', next);
        showShell(next);
        root.unmount();
        start(element);
      },
      // The session lives in the cookie: a page loaded anew finds it.
      () => location.assign(next),
    );
  });
}
