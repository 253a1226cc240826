// Whether the sheet is open, and for which channel. A store of its own, because it is opened from many places.
import { useSyncExternalStore } from 'react';
import type { ChannelSummary } from '@/api';

export interface ComposeRequest {
  channel: ChannelSummary | null;
}

let current: ComposeRequest | null = null;
const listeners = new Set<() => void>();

function set(next: ComposeRequest | null): void {
  current = next;
  for (const listener of listeners) listener();
}

export function openCompose(channel: ChannelSummary | null = null): ComposeRequest {
  const request = { channel };
  set(request);
  return request;
}

/** Without a name, whichever is open. One that took its place meanwhile stays. */
export function closeCompose(request: ComposeRequest | null = current): void {
  if (isComposing(request)) set(null);
}

export const isComposing = (request: ComposeRequest | null): boolean => current !== null && current === request;

export function useComposeRequest(): ComposeRequest | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
