// Messages are there before the network is: the last list and the newest page of the recent conversations are kept on
// this device, for the person who is logged in, and shown at once while the server is asked for what is new.
import type { Query, QueryClient } from '@tanstack/react-query';
import { session, type Conversation, type Message, type Page, type Paged } from '@/api';
import { keys } from '@/entities';
import { clearDrafts, loadDrafts } from './composer/drafts';
import { asOld } from './logPages';
import { memory } from '@/store';
import { pageOf, toConversation, toMessage } from './shape';

const MAX_CONVERSATIONS = 30;
const MAX_LIST = 50;
const MAX_MESSAGES = 120;
const WRITE_AFTER_MS = 800;

interface Kept<T> {
  at: number;
  items: T[];
  next?: string | null;
}

const listKey = (userId: string) => `${userId} list`;
const messagesPrefix = (userId: string) => `${userId} messages `;

/** Only the list and the logs, not older stretches. */
function isKept({ queryKey }: Query): boolean {
  return (queryKey[0] === 'conversations' && queryKey[1] === 'list') || (queryKey[0] === 'messages' && queryKey.length === 2);
}

/** Brings back what is known and keeps it in step. Ends with the function it returns. */
export function keepChat(client: QueryClient, userId: string): () => void {
  const waiting = new Map<string, ReturnType<typeof setTimeout>>();
  let hasEnded = false;
  void restore(client, userId, () => hasEnded);
  const off = client.getQueryCache().subscribe(({ type, query }) => {
    if (type !== 'updated' || query.state.status !== 'success' || !isKept(query) || waiting.has(query.queryHash)) return;
    const write = () => {
      waiting.delete(query.queryHash);
      void keep(userId, query);
    };
    waiting.set(query.queryHash, setTimeout(write, WRITE_AFTER_MS));
  });
  return () => {
    hasEnded = true;
    off();
    for (const timer of waiting.values()) clearTimeout(timer);
  };
}

export function clearKept(): void {
  clearDrafts();
  void memory.clear();
}

// Whoever logs out, in whichever tab, and however the session ends: nothing stays behind.
session.subscribe((credentials) => {
  if (!credentials) clearKept();
});

async function keep(userId: string, query: Query): Promise<void> {
  const [first] = (query.state.data as Paged<Message> | undefined)?.pages ?? [];
  if (!first || session.current?.me.id !== userId) return;
  if (query.queryKey[0] === 'conversations') {
    await memory.set(listKey(userId), { at: Date.now(), items: first.items.slice(0, MAX_LIST) });
    return;
  }
  // Where the page is cut its own cursor would leave something out. It only says that there is more: what is brought back
  // is old, and read again before anything older.
  const next = first.items.length > MAX_MESSAGES ? (first.next ?? 'more') : (first.next ?? null);
  await memory.set(messagesPrefix(userId) + String(query.queryKey[1]), { at: Date.now(), items: first.items.slice(0, MAX_MESSAGES), next });
  await forgetOldest(userId);
}

async function forgetOldest(userId: string): Promise<void> {
  const names = (await memory.keys(messagesPrefix(userId))) ?? [];
  if (names.length <= MAX_CONVERSATIONS) return;
  const dated = await Promise.all(names.map(async (name) => ({ name: String(name), at: (await memory.get<Kept<Message>>(String(name)))?.at ?? 0 })));
  for (const { name } of dated.toSorted((a, b) => b.at - a.at).slice(MAX_CONVERSATIONS)) await memory.delete(name);
}

async function restore(client: QueryClient, userId: string, hasEnded: () => boolean): Promise<void> {
  // Perhaps someone else was here last, and did not log out.
  await memory.claim(userId);
  await loadDrafts(userId);
  const list = await memory.get<Kept<Conversation>>(listKey(userId));
  if (hasEnded() || session.current?.me.id !== userId) return;
  if (list) offer(client, keys.conversations, pageOf({ items: list.items }, toConversation));
  for (const conversation of list?.items ?? []) {
    if (client.getQueryData(keys.conversation(conversation.id)) === undefined) client.setQueryData(keys.conversation(conversation.id), toConversation(conversation), { updatedAt: 0 });
  }
  const prefix = messagesPrefix(userId);
  for (const name of ((await memory.keys(prefix)) ?? []).map(String)) {
    const kept = await memory.get<Kept<Message>>(name);
    if (hasEnded() || session.current?.me.id !== userId) return;
    if (kept) offer(client, keys.messages(name.slice(prefix.length)), pageOf(kept, toMessage), asOld);
  }
}

/** Only where nothing newer has come meanwhile; and as something old, so that it is asked for when it is looked at. */
function offer<T>(client: QueryClient, key: readonly unknown[], { items, next = null }: Page<T>, as: (data: Paged<T>) => Paged<T> = (data) => data): void {
  if (client.getQueryData(key) !== undefined) return;
  client.setQueryData<Paged<T>>(key, as({ pages: [{ items, next }], pageParams: [undefined] }), { updatedAt: 0 });
}
