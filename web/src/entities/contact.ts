// Finds out when the server can be reached again, and tells the screens while it cannot.
import { useSyncExternalStore } from 'react';
import { onlineManager } from '@tanstack/react-query';
import { contact, reach } from '@/api';
import { rememberContact } from './kept';
import { live } from './live';

const FIRST_TRY_MS = 1_000;
const MAX_TRY_MS = 30_000;
const REMEMBER_EVERY_MS = 30_000;

/** Keeps asking while the server is out of reach, and wakes what waits for it. Once, at the start of the page. */
export function watchContact(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;
  const ask = () => {
    clearTimeout(timer);
    // A page in the background is asked for nothing; it tries when it is looked at again.
    if (contact.current.isReached || document.visibilityState === 'hidden') return;
    tries += 1;
    void reach().then((isReached) => !isReached && later());
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, Math.min(MAX_TRY_MS, FIRST_TRY_MS * 2 ** tries) * (0.75 + Math.random() / 2));
  };
  contact.subscribe(({ isReached }) => {
    if (!isReached) {
      rememberContact();
      later();
      return;
    }
    clearTimeout(timer);
    tries = 0;
    live.wake();
  });
  live.on((event) => {
    if (event.type === 'status' && event.status === 'ready') contact.note(true);
  });
  window.addEventListener('offline', () => contact.note(false));
  window.addEventListener('online', ask);
  document.addEventListener('visibilitychange', ask);
  setInterval(rememberContact, REMEMBER_EVERY_MS);
  window.addEventListener('pagehide', rememberContact);
  // Queries that failed are asked again when the server is reached, and not only when there is a network.
  onlineManager.setEventListener((setOnline) => contact.subscribe(({ isReached }) => setOnline(isReached)));
  if (!contact.current.isReached) later();
}

export function useIsOffline(): boolean {
  return !useSyncExternalStore(contact.subscribe, () => contact.current.isReached);
}
