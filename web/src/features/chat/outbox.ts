// What has been written and not yet acknowledged: the outbox of the live package, kept in this browser, and what the
// screens see of it.
import { useMemo, useSyncExternalStore } from 'react';
import type { QueryClient } from '@tanstack/react-query';
import { ApiError, networkError, newKey, type Message } from '@/api';
import { keys, live, type Rotation, type UploadState } from '@/entities';
import { IndexedDbStorage, Outbox, broadcastChannel, type Draft, type EndedDraft, type OutboxEntry } from '@/live';
import { UNSENT, forgetUnsent } from '@/store';
import { askBeforeUnload } from '@/ui';
import { addMessages, patchConversation } from './cache';
import { notePreview, previewOfFile, previewOfMedia, releaseAllPreviews, releasePreviews } from './previews';
import { toMessage } from './shape';

export interface Unsent {
  clientId: string;
  conversationId: string;
  body: string;
  /** Local pictures where this page has them, for as long as the message is on its way. */
  photos: { key: string; url: string | null; alt: string }[];
  replyTo: string | null;
  isForward: boolean;
  createdAt: string;
  /** `queued` waits for the connection or for its turn; `failed` was refused for good. */
  state: OutboxEntry['state'];
  error: ApiError | null;
  /** 0 to 1 while its pictures are being uploaded. */
  progress: number | null;
}

export interface Outgoing {
  conversationId: string;
  body: string;
  images?: { mediaId: string; alt: string; previewUrl: string }[];
  attachments?: { blob: Blob; alt: string; rotation?: Rotation }[];
  replyTo?: string | undefined;
  forwardOf?: { conversation_id: string; message_id: string };
  /** The draft that it was. */
  draft?: EndedDraft;
}

const storage = new IndexedDbStorage(UNSENT);
/** Beside the outbox, so that a draft becomes a message in one transaction. */
export const draftStorage = storage;
export const draftChannel = broadcastChannel('village-drafts');

const outbox = new Outbox<Message>({
  send: async (message) => toMessage(await live.send(message)),
  storage,
  newId: newKey,
  upload: async ({ blob, rotation }, key) => {
    const onState = (state: UploadState) => setProgress(key, state.step === 'uploading' ? 0.1 + state.progress * 0.8 : state.step === 'preparing' ? 0 : 0.95);
    try {
      const { uploadMedia } = await uploading();
      const upload = uploadMedia(blob, 'message', { onState, rotation });
      return await upload.done;
    } finally {
      setProgress(key, null);
    }
  },
});

/** Loaded with the first picture. When it does not come, that is like any other request that did not. */
function uploading() {
  return import('./uploading').catch((error: unknown) => {
    throw Object.assign(networkError(), { cause: error });
  });
}

/** Of pictures that are uploading right now, by the key the outbox gives them: the message's client_id and a number. */
let progress: ReadonlyMap<string, number> = new Map();
const listeners = new Set<() => void>();

function setProgress(key: string, share: number | null): void {
  const next = new Map(progress);
  if (share === null) next.delete(key);
  else next.set(key, share);
  progress = next;
  for (const listener of listeners) listener();
}

let owner: string | undefined;

interface Follower {
  open: (personId: string) => void;
  close: () => void;
}
const followers: Follower[] = [];
let isOpen = false;

/** For what belongs to the same person, for as long. */
export function whenOutboxOpens(follower: Follower): void {
  followers.push(follower);
  // It may be loaded later than the outbox.
  if (owner && isOpen) follower.open(owner);
}

/** Sends what this person writes, and what they have written before and could not send. */
export function openOutbox(client: QueryClient, personId: string): () => void {
  owner = personId;
  const off = outbox.on((event) => {
    const id = event.entry.conversationId;
    if (event.type === 'sent') addMessages(client, id, [toMessage(event.message)], personId);
    if (event.type === 'sent' || event.type === 'discarded') {
      askBeforeUnload(event.entry.clientId, false);
      releasePreviews(event.entry.clientId, event.entry.images.map(({ media_id: mediaId }) => mediaId));
    }
    if (event.type === 'failed' && event.entry.error?.code === 'cannot_send') {
      patchConversation(client, id, (conversation) => ({ ...conversation, can_send: false }));
      void client.invalidateQueries({ queryKey: keys.conversation(id) });
    }
  });
  isOpen = true;
  // Perhaps someone else was here last, and did not log out.
  storage.keepOnly(personId).catch(() => undefined);
  void outbox.open(personId);
  for (const follower of followers) follower.open(personId);
  return () => {
    off();
    isOpen = false;
    for (const follower of followers) follower.close();
    outbox.close();
  };
}

/** After logging out: what one person wrote must not wait here for the next one. */
export function clearOutbox(): void {
  for (const { clientId } of outbox.entries) askBeforeUnload(clientId, false);
  if (owner === undefined) forgetUnsent();
  else void outbox.clear(owner);
  releaseAllPreviews();
  owner = undefined;
}

export function useUnsent(conversationId: string): Unsent[] {
  const entries = useSyncExternalStore(outbox.subscribe, () => outbox.entries);
  const shares = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => progress,
  );
  return useMemo(() => entries.filter((entry) => entry.conversationId === conversationId).map((entry) => toUnsent(entry, shares)), [entries, conversationId, shares]);
}

export function sendMessage(message: Outgoing): void {
  outbox.send(toDraft(message));
}

/** Resolves when it is stored; null when the person has logged out meanwhile. In memory alone, it goes with the page. */
export async function sendDurably(message: Outgoing): Promise<{ isDurable: boolean } | null> {
  const sending = await outbox.sendDurably(toDraft(message));
  const id = sending?.entry.clientId;
  // It may be sent already.
  if (id && !sending.isDurable && outbox.entries.some(({ clientId }) => clientId === id)) askBeforeUnload(id, true);
  return sending;
}

function toDraft({ conversationId, body, images = [], attachments = [], replyTo, forwardOf, draft }: Outgoing): Draft {
  for (const { mediaId, previewUrl } of images) notePreview(mediaId, previewUrl);
  return {
    conversationId,
    body,
    images: images.map(({ mediaId, alt }) => ({ media_id: mediaId, alt })),
    attachments,
    ...(replyTo ? { replyTo } : {}),
    ...(forwardOf ? { forwardOf } : {}),
    ...(draft ? { draft } : {}),
  };
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

function toUnsent(entry: OutboxEntry, shares: ReadonlyMap<string, number>): Unsent {
  const { clientId, conversationId, body, createdAt, state, error, images, attachments, replyTo, forwardOf } = entry;
  const total = images.length + attachments.length;
  return {
    clientId,
    conversationId,
    body,
    photos: [
      ...images.map(({ media_id: id, alt }, index) => ({ key: String(index), url: previewOfMedia(clientId, index, id), alt })),
      ...attachments.map(({ blob, alt }, index) => ({ key: String(images.length + index), url: previewOfFile(clientId, images.length + index, blob), alt })),
    ],
    replyTo,
    isForward: forwardOf !== null,
    createdAt,
    state,
    error: error && new ApiError(error.code, error.status ?? 0, error.message),
    progress: attachments.length > 0 && state === 'sending' ? (images.length + (shares.get(`${clientId}-${images.length}`) ?? 0)) / total : null,
  };
}
