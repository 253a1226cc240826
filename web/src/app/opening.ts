// The shell: what index.html paints until the first page is there. It stands beside #root, and an attribute that head.js sets
// shows it, so that no frame between it and the page is empty.
import { useLayoutEffect } from 'react';

const { dataset } = document.documentElement;

/** While the app is fetched or asks who is logged in. head.js does the same before the first paint; keep the two in step. */
export function showShell(pathname: string): void {
  const [, place, below] = pathname.split('/');
  dataset['shell'] = place !== 'chat' ? 'app' : below ? 'conversation' : 'chat';
}

export function hideShell(): void {
  delete dataset['shell'];
}

/** For everything that can be the first thing one reads: the shell goes in the frame in which that is painted. */
export function useEndOfShell(): void {
  useLayoutEffect(hideShell, []);
}
