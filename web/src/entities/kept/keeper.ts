// Keeps what was read on this device for the person who is logged in, and brings it back where the network does not.
// The store is read when a page asks for something, never as a whole; what comes from it counts as old, so that the server
// is asked at once. What the server refuses goes from the screen and from the store.
import type { Query, QueryClient, QueryKey } from '@tanstack/react-query';
import { ApiError, contact, session } from '@/api';
import { memory } from '@/store';
import { MAX_ENTRY_BYTES, whatGoes, type KeptEntry, type KeptRule } from './rules';

const WRITE_AFTER_MS = 300;
const TRIM_AFTER_MS = 2_000;
/** A good connection answers sooner, and then nothing old needs to be shown and moved away again. */
const GRACE_MS = 800;

export interface Keeper {
  /** Reads everything that is kept. */
  entries(): Promise<KeptEntry[]>;
  put(entry: KeptEntry): Promise<unknown>;
  forget(key: QueryKey): Promise<unknown>;
  ruleOf(key: QueryKey): KeptRule | undefined;
  end(): void;
}

interface Options {
  client: QueryClient;
  userId: string;
  rules: readonly KeptRule[];
  /** The server said that this is not for this person, or not any more. */
  onForbidden?: (key: QueryKey) => void;
}

export function keep({ client, userId, rules, onForbidden }: Options): Keeper {
  let hasEnded = false;
  const waiting = new Map<string, { timer: ReturnType<typeof setTimeout>; write: () => void }>();
  let trimming: ReturnType<typeof setTimeout> | undefined;
  const prefix = `${userId} kept `;
  const isOver = () => hasEnded || session.current?.me.id !== userId;
  const ruleOf = (key: QueryKey) => rules.find((rule) => rule.matches(key));
  const nameOf = (rule: KeptRule, key: QueryKey) => `${prefix}${rule.name} ${JSON.stringify(key)}`;
  const entries = async () => (await memory.all<KeptEntry>(prefix)) ?? [];

  // Perhaps someone else was here last, and did not log out.
  void memory.claim(userId);

  async function put(entry: KeptEntry): Promise<unknown> {
    const rule = ruleOf(entry.key);
    if (isOver() || !rule) return undefined;
    trimming ??= setTimeout(() => void trim(), TRIM_AFTER_MS);
    const bytes = JSON.stringify(entry.data).length;
    return bytes > MAX_ENTRY_BYTES ? memory.delete(nameOf(rule, entry.key)) : memory.set(nameOf(rule, entry.key), { ...entry, bytes });
  }

  async function trim(): Promise<void> {
    trimming = undefined;
    for (const entry of whatGoes(await entries(), rules, Date.now())) {
      const rule = rules.find(({ name }) => name === entry.rule);
      if (!isOver()) await memory.delete(rule ? nameOf(rule, entry.key) : `${prefix}${entry.rule} ${JSON.stringify(entry.key)}`);
    }
  }

  function write(rule: KeptRule, query: Query): void {
    const { data, dataUpdatedAt: at } = query.state;
    // What came from the store is there already.
    if (data === undefined || at === 0) return;
    const packed = rule.pack(data);
    if (packed !== undefined) void put({ rule: rule.name, key: query.queryKey, at, usedAt: Date.now(), bytes: 0, data: packed });
  }

  async function offer(rule: KeptRule, key: QueryKey): Promise<void> {
    await (rule.isEarly ? confirmedOrGrace() : lostOrGrace());
    const isWanted = () => !isOver() && client.getQueryState(key) !== undefined && client.getQueryData(key) === undefined;
    if (!isWanted()) return;
    const entry = await memory.get<KeptEntry>(nameOf(rule, key));
    const data = entry ? rule.unpack(entry.data) : await fromElsewhere(rule, key);
    if (data === undefined || !isWanted() || isRefused(client.getQueryState(key)?.error)) return;
    client.setQueryData(key, data, { updatedAt: 0 });
  }

  async function fromElsewhere(rule: KeptRule, key: QueryKey): Promise<unknown> {
    if (!rule.fallback) return undefined;
    const kept = (await entries()).map((entry) => ({ rule: entry.rule, data: rules.find(({ name }) => name === entry.rule)?.unpack(entry.data) }));
    return rule.fallback(key, { client, kept });
  }

  function refuse(rule: KeptRule, query: Query): void {
    void memory.delete(nameOf(rule, query.queryKey));
    clearTimeout(waiting.get(query.queryHash)?.timer);
    waiting.delete(query.queryHash);
    // Not inside the event that tells of it.
    queueMicrotask(() => {
      if (query.state.data !== undefined) query.setState({ ...query.state, data: undefined, dataUpdatedAt: 0 });
      onForbidden?.(query.queryKey);
    });
  }

  const off = client.getQueryCache().subscribe((event) => {
    const { type, query } = event;
    const rule = type === 'added' || type === 'updated' ? ruleOf(query.queryKey) : undefined;
    if (!rule) return;
    if (type === 'added') {
      if (query.state.data === undefined) void offer(rule, query.queryKey);
    } else if (type === 'updated' && event.action.type === 'error') {
      if (isRefused(event.action.error)) refuse(rule, query);
    } else if (type === 'updated' && event.action.type === 'success' && !waiting.has(query.queryHash)) {
      const later = () => {
        waiting.delete(query.queryHash);
        if (query.state.status === 'success') write(rule, query);
      };
      waiting.set(query.queryHash, { timer: setTimeout(later, WRITE_AFTER_MS), write: later });
    }
  });
  // A page that is put away may not come back.
  const writeNow = () => {
    for (const { timer, write: writeIt } of waiting.values()) {
      clearTimeout(timer);
      writeIt();
    }
  };
  const onHidden = () => document.visibilityState === 'hidden' && writeNow();
  document.addEventListener('visibilitychange', onHidden);
  window.addEventListener('pagehide', writeNow);
  // What was asked for before.
  for (const query of client.getQueryCache().getAll()) {
    const rule = ruleOf(query.queryKey);
    if (rule && query.state.data === undefined) void offer(rule, query.queryKey);
    else if (rule) write(rule, query);
  }

  return {
    entries,
    put,
    ruleOf,
    forget: async (key) => {
      const rule = ruleOf(key);
      return rule && memory.delete(nameOf(rule, key));
    },
    end: () => {
      hasEnded = true;
      off();
      clearTimeout(trimming);
      document.removeEventListener('visibilitychange', onHidden);
      window.removeEventListener('pagehide', writeNow);
      for (const { timer } of waiting.values()) clearTimeout(timer);
    },
  };
}

export function isRefused(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 403 || error.status === 404 || error.status === 410);
}

function lostOrGrace(): Promise<void> {
  return untilOrGrace(() => !contact.current.isReached);
}

/** Whoever was logged out meanwhile should not see it flash up when the server can say so at once. */
function confirmedOrGrace(): Promise<void> {
  return untilOrGrace(() => session.isConfirmed || !contact.current.isReached);
}

function untilOrGrace(isDone: () => boolean): Promise<void> {
  if (isDone()) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => isDone() && finish();
    const offs = [contact.subscribe(look), session.subscribe(look)];
    const timer = setTimeout(finish, GRACE_MS);
    function finish(): void {
      clearTimeout(timer);
      for (const off of offs) off();
      resolve();
    }
  });
}
