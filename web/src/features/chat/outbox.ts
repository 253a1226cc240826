// What has been written and not yet acknowledged: the outbox of the live package, kept in this browser, and what the
// screens see of it.
import { useMemo, useSyncExternalStore } from 'react';
import type { QueryClient } from '@tanstack/react-query';
import { ApiError, newKey, type Message } from '@/api';
import { keys, live } from '@/entities';
import { IndexedDbStorage, Outbox, type OutboxEntry } from '@/live';
import { addMessages, patchConversation } from './cache';

export interface Unsent {
  clientId: string;
  conversationId: string;
  body: string;
  createdAt: string;
  /** `queued` waits for the connection or for its turn; `failed` was refused for good. */
  state: OutboxEntry['state'];
  error: ApiError | null;
}

const outbox = new Outbox<Message>({ send: (message) => live.send(message), storage: new IndexedDbStorage('village-outbox'), newId: newKey });

let owner: string | undefined;

/** Sends what this person writes, and what they have written before and could not send. */
export function openOutbox(client: QueryClient, personId: string): () => void {
  owner = personId;
  const off = outbox.on((event) => {
    const id = event.entry.conversationId;
    if (event.type === 'sent') addMessages(client, id, [event.message], personId);
    if (event.type === 'failed' && event.entry.error?.code === 'cannot_send') {
      patchConversation(client, id, (conversation) => ({ ...conversation, can_send: false }));
      void client.invalidateQueries({ queryKey: keys.conversation(id) });
    }
  });
  void outbox.open(personId);
  return () => {
    off();
    outbox.close();
  };
}

/** After logging out: what one person wrote must not wait here for the next one. */
export function clearOutbox(): void {
  void outbox.clear(owner);
  owner = undefined;
}

export function useUnsent(conversationId: string): Unsent[] {
  const entries = useSyncExternalStore(outbox.subscribe, () => outbox.entries);
  return useMemo(() => entries.filter((entry) => entry.conversationId === conversationId).map(toUnsent), [entries, conversationId]);
}

export function sendMessage(conversationId: string, body: string): void {
  outbox.send({ conversationId, body });
}

export function retry(clientId: string): void {
  outbox.retry(clientId);
}

export function discard(clientId: string): void {
  outbox.discard(clientId);
}

/** The connection is back. */
export function sendUnsent(): void {
  outbox.wake();
}

function toUnsent({ clientId, conversationId, body, createdAt, state, error }: OutboxEntry): Unsent {
  return { clientId, conversationId, body, createdAt, state, error: error && new ApiError(error.code, error.status ?? 0, error.message) };
}
