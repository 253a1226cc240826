// Image addresses are signed and live for minutes. When one has run out, the thing it belongs to is asked for again and
// the fresh address is kept here, so that every place that shows the same picture gets it without reloading its list.
import { useSyncExternalStore } from 'react';
import { ApiError, api, call, messaging, type Image } from '@/api';

const fresh = new Map<string, Image>();
const listeners = new Set<() => void>();
const asked = new Map<string, { at: number; answer: Promise<void> }>();
const ASK_AGAIN_AFTER_MS = 30_000;
/** An address this close to its end may not survive the loading. */
const MARGIN_MS = 5_000;

/** Where a picture belongs, hence where a new address for it comes from. */
export type ImageOwner = { post: string } | { user: string } | { conversation: string; message?: string };

export function ownerKey(owner: ImageOwner): string {
  return JSON.stringify(owner);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function hasExpired(image: Image, now = Date.now()): boolean {
  return Date.parse(image.expires_at) - MARGIN_MS < now;
}

/** The newest known version of an image, at this moment. */
export function newestImage(image: Image): Image {
  const newer = fresh.get(image.media_id);
  return newer && Date.parse(newer.expires_at) > Date.parse(image.expires_at) ? newer : image;
}

/** The newest known version of an image. */
export function useFreshImage(image: Image | null): Image | null {
  const newer = useSyncExternalStore(subscribe, () => (image ? fresh.get(image.media_id) : undefined));
  if (!image || !newer) return image;
  return Date.parse(newer.expires_at) > Date.parse(image.expires_at) ? newer : image;
}

/** Asks for new addresses, at most every half minute per owner: a picture that is truly gone must not cause a loop. */
export function refreshImages(owner: ImageOwner): Promise<void> {
  const key = ownerKey(owner);
  const last = asked.get(key);
  if (last && Date.now() - last.at < ASK_AGAIN_AFTER_MS) return last.answer;
  const answer = ask(owner);
  asked.set(key, { at: Date.now(), answer });
  // Without a network nothing was asked.
  answer.catch((error: unknown) => error instanceof ApiError && error.status === 0 && asked.delete(key));
  return answer;
}

async function ask(owner: ImageOwner): Promise<void> {
  for (const image of await imagesOf(owner)) if (image) fresh.set(image.media_id, image);
  for (const listener of listeners) listener();
}

async function imagesOf(owner: ImageOwner): Promise<readonly (Image | null | undefined)[]> {
  if ('post' in owner) return (await call(api.GET('/posts/{id}', { params: { path: { id: owner.post } } }))).images;
  if ('user' in owner) return [(await call(api.GET('/users/{id}', { params: { path: { id: owner.user } } }))).avatar];
  if (owner.message) return (await messaging.message(owner.conversation, owner.message)).images;
  return [(await messaging.conversation(owner.conversation)).picture];
}
