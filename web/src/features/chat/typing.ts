// Who is writing right now. Nothing of it is kept: it fades after six seconds without a word.
import { useSyncExternalStore } from 'react';
import { TYPING_SHOWN_MS } from '@/live';

const NOBODY: readonly string[] = [];

let writers: ReadonlyMap<string, readonly string[]> = new Map();
const timers = new Map<string, ReturnType<typeof setTimeout>>();
const listeners = new Set<() => void>();

function set(conversationId: string, users: readonly string[]): void {
  const next = new Map(writers);
  if (users.length > 0) next.set(conversationId, users);
  else next.delete(conversationId);
  writers = next;
  for (const listener of listeners) listener();
}

export function noteTyping(conversationId: string, userId: string): void {
  const key = `${conversationId} ${userId}`;
  clearTimeout(timers.get(key));
  timers.set(
    key,
    setTimeout(() => noteStopped(conversationId, userId), TYPING_SHOWN_MS),
  );
  const users = writers.get(conversationId) ?? NOBODY;
  if (!users.includes(userId)) set(conversationId, [...users, userId]);
}

/** Their message has arrived, or they have fallen silent. */
export function noteStopped(conversationId: string, userId: string): void {
  const key = `${conversationId} ${userId}`;
  clearTimeout(timers.get(key));
  timers.delete(key);
  const users = writers.get(conversationId);
  if (users?.includes(userId)) {
    set(
      conversationId,
      users.filter((user) => user !== userId),
    );
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTyping(conversationId: string): readonly string[] {
  return useSyncExternalStore(subscribe, () => writers.get(conversationId) ?? NOBODY);
}
