// Half-written messages. They are kept on this device at every key, and a moment later on the server, so that they can
// be finished on another one. What is written here and not yet there is never overwritten from there.
import { useSyncExternalStore } from 'react';
import { messaging, session, type Draft } from '@/api';
import { isBlank } from '@/text';
import { memory } from '@/store';

export interface LocalDraft {
  body: string;
  /** What the server has, as far as is known. */
  synced: string;
  /** When the server got it. */
  syncedAt: string;
  /** The newest state of the conversation this was compared with. */
  version: number;
}

const EMPTY: LocalDraft = { body: '', synced: '', syncedAt: '', version: -1 };
const PUSH_AFTER_MS = 1_500;
const KEEP_AFTER_MS = 300;
const MAX_LENGTH = 4000;

/** What a word from the server changes. Older news, and news while something unsaved is here, change nothing. */
export function mergeDraft(local: LocalDraft, remote: Draft | null, version: number): LocalDraft {
  if (version < local.version || (remote && remote.updated_at < local.syncedAt)) return local;
  if (!remote && version === local.version) return local;
  if (local.body !== local.synced) return { ...local, version };
  const body = remote?.body ?? '';
  return { body, synced: body, syncedAt: remote?.updated_at ?? local.syncedAt, version };
}

let drafts: ReadonlyMap<string, LocalDraft> = new Map();
const listeners = new Set<() => void>();
const pushes = new Map<string, ReturnType<typeof setTimeout>>();
const keeps = new Map<string, ReturnType<typeof setTimeout>>();

function set(id: string, draft: LocalDraft): void {
  drafts = new Map(drafts).set(id, draft);
  for (const listener of listeners) listener();
}

function later(timers: Map<string, ReturnType<typeof setTimeout>>, id: string, milliseconds: number, task: () => void): void {
  clearTimeout(timers.get(id));
  timers.set(
    id,
    setTimeout(() => {
      timers.delete(id);
      task();
    }, milliseconds),
  );
}

export function readDraft(id: string): string {
  return drafts.get(id)?.body ?? '';
}

export function writeDraft(id: string, body: string): void {
  const local = drafts.get(id) ?? EMPTY;
  if (local.body === body) return;
  set(id, { ...local, body });
  later(keeps, id, KEEP_AFTER_MS, () => keep(id));
  later(pushes, id, body === '' ? 0 : PUSH_AFTER_MS, () => void push(id));
}

export function noteRemoteDraft(id: string, remote: Draft | null, version: number): void {
  const local = drafts.get(id) ?? EMPTY;
  const next = mergeDraft(local, remote, version);
  if (next === local) return;
  set(id, next);
  if (next.body !== local.body) keep(id);
}

/** The connection is back. */
export function pushDrafts(): void {
  for (const [id, draft] of drafts) if (draft.body !== draft.synced && !pushes.has(id)) void push(id);
}

export function clearDrafts(): void {
  for (const timer of [...pushes.values(), ...keeps.values()]) clearTimeout(timer);
  pushes.clear();
  keeps.clear();
  drafts = new Map();
  for (const listener of listeners) listener();
}

function keyOf(id: string): string | null {
  const me = session.current?.me.id;
  return me ? `${me} draft ${id}` : null;
}

function keep(id: string): void {
  const key = keyOf(id);
  const body = readDraft(id);
  if (key) void (body ? memory.set(key, drafts.get(id)) : memory.delete(key));
}

async function push(id: string): Promise<void> {
  const draft = drafts.get(id);
  if (!draft || draft.body === draft.synced || !session.current) return;
  const body = isBlank(draft.body) ? '' : [...draft.body].slice(0, MAX_LENGTH).join('');
  try {
    const saved = await messaging.setDraft(id, body);
    const now = drafts.get(id);
    if (now) set(id, { ...now, synced: draft.body, syncedAt: saved?.updated_at ?? now.syncedAt });
  } catch {
    // It stays here, and goes with the next key or the next connection.
  }
}

export async function loadDrafts(userId: string): Promise<void> {
  const prefix = `${userId} draft `;
  for (const key of (await memory.keys(prefix)) ?? []) {
    const id = String(key).slice(prefix.length);
    const kept = await memory.get<LocalDraft>(String(key));
    if (kept && !drafts.has(id)) set(id, { ...EMPTY, ...kept, version: -1 });
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useDraft(id: string): string {
  return useSyncExternalStore(subscribe, () => readDraft(id));
}
