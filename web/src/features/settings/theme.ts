// Light, dark, or as the device says. src/app/head.js does the same before the first paint; keep the two in step.
import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'village.theme';
const listeners = new Set<() => void>();
const deviceIsDark = window.matchMedia('(prefers-color-scheme: dark)');

function read(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system';
  }
}

let theme = read();

function apply(): void {
  const isDark = theme === 'dark' || (theme === 'system' && deviceIsDark.matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  // Each of them stands for what the device says, and a person's own choice holds for both.
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) meta.setAttribute('content', isDark ? '#16140f' : '#faf7f2');
}

export function startTheme(): void {
  apply();
  deviceIsDark.addEventListener('change', apply);
}

export function setTheme(next: Theme): void {
  theme = next;
  try {
    if (next === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Without storage the choice lasts until the page is left.
  }
  apply();
  for (const listener of listeners) listener();
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => theme,
  );
}
