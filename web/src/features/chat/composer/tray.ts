// The pictures of a message being written. They belong to the conversation and not to the screen: looking at another
// conversation stops no upload.
import { useEffect, useSyncExternalStore } from 'react';
import { session } from '@/api';
import { addedAgain, moveUploads, reducePhotos, type AddedPhoto, type Photo, type PhotoAction, type Uploads } from '@/entities';
import { tidyLine } from '@/text';
import type { Outgoing } from '../outbox';
import { KeptTrays } from './keptTrays';

interface Tray {
  photos: readonly Photo[];
  uploads: Uploads;
}

export const MAX_ALT = 500;
/** By how many characters a description is too long: nothing is cut silently. */
export const altExcess = (alt: string): number => Math.max(0, [...tidyLine(alt)].length - MAX_ALT);

const NO_PHOTOS: readonly Photo[] = [];
let trays: ReadonlyMap<string, Tray> = new Map();
const kept = new KeptTrays((id, photos) => addPhotos(id, photos.map(addedAgain)));
const photosOf = (conversationId: string) => trays.get(conversationId)?.photos ?? NO_PHOTOS;
const listeners = new Set<() => void>();

// Here and not where everything else is emptied, so that this is loaded with the first conversation only.
session.subscribe((credentials) => credentials ?? clearTrays());

function changed(): void {
  for (const listener of listeners) listener();
}

export function dispatchPhotos(conversationId: string, action: PhotoAction): void {
  const tray = trays.get(conversationId) ?? { photos: NO_PHOTOS, uploads: new Map() };
  const photos = reducePhotos(tray.photos, action);
  if (photos === tray.photos) return;
  release(tray.photos, photos);
  trays = new Map(trays).set(conversationId, { ...tray, photos });
  changed();
  void keepTray(conversationId);
  moveUploads(tray.uploads, photos, 'message', (next) => dispatchPhotos(conversationId, next));
}

export function addPhotos(conversationId: string, photos: AddedPhoto[]): void {
  dispatchPhotos(conversationId, { type: 'add', photos });
}

/**
 * Empties the tray into a message. What is uploaded goes as it is; the rest, from the first that is not, is left to the
 * outbox, which uploads it even after a reload. It gets the prepared picture where there is one already, and prepares
 * the others itself: what was chosen must not wait for that to be safe. Call `keepTray` once they are in the outbox.
 */
export function takeTray(conversationId: string): Pick<Outgoing, 'images' | 'attachments'> {
  const tray = trays.get(conversationId);
  if (!tray) return {};
  const { images, attachments } = splitTray(tray.photos);
  for (const upload of tray.uploads.values()) upload.cancel();
  for (const photo of tray.photos) if (!images.some(({ previewUrl }) => previewUrl === photo.previewUrl)) URL.revokeObjectURL(photo.previewUrl);
  trays = new Map(trays).set(conversationId, { photos: NO_PHOTOS, uploads: new Map() });
  changed();
  return { images, attachments };
}

export function splitTray(photos: readonly Photo[]): Required<Pick<Outgoing, 'images' | 'attachments'>> {
  const firstUnready = photos.findIndex((photo) => photo.mediaId === null);
  const ready = firstUnready < 0 ? photos : photos.slice(0, firstUnready);
  return {
    images: ready.flatMap(({ mediaId, alt, previewUrl }) => (mediaId ? [{ mediaId, alt: tidyLine(alt), previewUrl }] : [])),
    attachments: photos.slice(ready.length).map(({ file, prepared, rotation, alt }) => ({ blob: prepared ?? file, alt: tidyLine(alt), ...(prepared || rotation === 0 ? {} : { rotation }) })),
  };
}

/** Lets the disk follow. */
export const keepTray = (conversationId: string): Promise<void> => kept.keep(conversationId, () => photosOf(conversationId));

export function clearTrays(): void {
  kept.forget();
  for (const { photos, uploads } of trays.values()) {
    for (const upload of uploads.values()) upload.cancel();
    release(photos, NO_PHOTOS);
  }
  trays = new Map();
  changed();
}

/** Previews hold the whole file in memory until they are let go. */
function release(before: readonly Photo[], after: readonly Photo[]): void {
  for (const { previewUrl } of before) if (!after.some((photo) => photo.previewUrl === previewUrl)) URL.revokeObjectURL(previewUrl);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTray(conversationId: string): readonly Photo[] {
  useEffect(() => void kept.look(conversationId), [conversationId]);
  return useSyncExternalStore(subscribe, () => photosOf(conversationId));
}
