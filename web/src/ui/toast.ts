// A few words that appear for a while and never take the focus. One list for the whole page.
export interface Toast {
  id: number;
  text: string;
  to?: string | undefined;
  tone: 'plain' | 'error';
}

const SHOWN_MS = 6_000;
const MAX_SHOWN = 3;

let toasts: readonly Toast[] = [];
let nextId = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

export function showToast(text: string, options: { to?: string; tone?: Toast['tone'] } = {}): void {
  const toast: Toast = { id: (nextId += 1), text, to: options.to, tone: options.tone ?? 'plain' };
  // The same words twice in a row would only be noise.
  set([...toasts.filter((shown) => shown.text !== text), toast].slice(-MAX_SHOWN));
  setTimeout(() => dismissToast(toast.id), SHOWN_MS);
}

export function dismissToast(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

/** They are for one person. */
export function clearToasts(): void {
  set([]);
}

export const toastStore = {
  get: (): readonly Toast[] => toasts,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
