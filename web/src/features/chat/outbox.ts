// What has been written and not yet acknowledged. A message keeps its client_id through every try, so the server takes
// it once however often it is sent, over the socket or over HTTP.
import { useSyncExternalStore } from 'react';
import type { QueryClient } from '@tanstack/react-query';
import { ApiError, api, call, newKey, session, type Message } from '@/api';
import { keys, live } from '@/entities';
import { LiveError } from '@/live';
import { addMessages, patchConversation } from './cache';

export interface Unsent {
  clientId: string;
  conversationId: string;
  body: string;
  createdAt: string;
  state: 'sending' | 'failed';
  error: unknown;
}

const NONE: readonly Unsent[] = [];
let entries: readonly Unsent[] = NONE;
const listeners = new Set<() => void>();

function set(next: readonly Unsent[]): void {
  entries = next;
  for (const listener of listeners) listener();
}

function update(clientId: string, change: Partial<Unsent>): void {
  set(entries.map((entry) => (entry.clientId === clientId ? { ...entry, ...change } : entry)));
}

export function discard(clientId: string): void {
  set(entries.filter((entry) => entry.clientId !== clientId));
}

export function clearOutbox(): void {
  set(NONE);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useUnsent(conversationId: string): Unsent[] {
  return useSyncExternalStore(subscribe, () => entries).filter((entry) => entry.conversationId === conversationId);
}

export function sendMessage(client: QueryClient, conversationId: string, body: string): void {
  const entry: Unsent = { clientId: newKey(), conversationId, body, createdAt: new Date().toISOString(), state: 'sending', error: null };
  set([...entries, entry]);
  void deliver(client, entry);
}

export function retry(client: QueryClient, clientId: string): void {
  const entry = entries.find((candidate) => candidate.clientId === clientId);
  if (!entry || entry.state === 'sending') return;
  update(clientId, { state: 'sending', error: null });
  void deliver(client, entry);
}

/** The connection is back: what failed only for want of it goes out again, in the order it was written. */
export function retryAll(client: QueryClient): void {
  for (const entry of entries) if (entry.state === 'failed' && isTemporary(entry.error)) retry(client, entry.clientId);
}

/** Messages of one conversation go out one after the other, or they could arrive in another order. */
const lines = new Map<string, Promise<void>>();

function deliver(client: QueryClient, entry: Unsent): Promise<void> {
  const line = (lines.get(entry.conversationId) ?? Promise.resolve()).then(() => deliverNow(client, entry));
  lines.set(entry.conversationId, line);
  return line;
}

async function deliverNow(client: QueryClient, entry: Unsent): Promise<void> {
  if (!entries.some((candidate) => candidate.clientId === entry.clientId)) return;
  try {
    const message = await transmit(entry);
    const meId = session.current?.me.id;
    if (meId) addMessages(client, entry.conversationId, [message], meId);
    discard(entry.clientId);
  } catch (error) {
    update(entry.clientId, { state: 'failed', error });
    if (codeOf(error) === 'cannot_send') {
      patchConversation(client, entry.conversationId, (conversation) => ({ ...conversation, can_send: false }));
      void client.invalidateQueries({ queryKey: keys.conversation(entry.conversationId) });
    }
  }
}

/** The socket first, it is open anyway; HTTP when it is not. */
async function transmit({ conversationId, clientId, body }: Unsent): Promise<Message> {
  try {
    const { message } = await live.request<{ message: Message }>({ type: 'send', conversation_id: conversationId, client_id: clientId, body });
    return message;
  } catch (error) {
    if (!(error instanceof LiveError) || error.code !== 'offline') throw error;
  }
  return call(api.POST('/conversations/{id}/messages', { params: { path: { id: conversationId } }, body: { client_id: clientId, body } }));
}

function codeOf(error: unknown): string {
  return error instanceof ApiError || error instanceof LiveError ? error.code : '';
}

function isTemporary(error: unknown): boolean {
  return error instanceof ApiError && error.isTemporary;
}
