// Pictures of unsent messages as this page can show them: object URLs, each of which holds a whole file until it is let go.
// They belong to a place in a message and not to a blob: each look into the store brings the same picture as another blob.
const byPlace = new Map<string, string>();
/** Of what was uploaded before it was sent, by media id. */
const byMedia = new Map<string, string>();

const placeOf = (clientId: string, index: number) => `${clientId} ${index}`;

export function notePreview(mediaId: string, url: string): void {
  byMedia.set(mediaId, url);
}

export function previewOfFile(clientId: string, index: number, blob: Blob): string {
  const place = placeOf(clientId, index);
  const url = byPlace.get(place) ?? URL.createObjectURL(blob);
  byPlace.set(place, url);
  return url;
}

/** Null: this page has never had it. */
export function previewOfMedia(clientId: string, index: number, mediaId: string): string | null {
  return byMedia.get(mediaId) ?? byPlace.get(placeOf(clientId, index)) ?? null;
}

/** The message is sent or discarded. */
export function releasePreviews(clientId: string, mediaIds: readonly string[]): void {
  for (const place of byPlace.keys()) if (place.startsWith(`${clientId} `)) letGo(byPlace, place);
  for (const id of mediaIds) letGo(byMedia, id);
}

/** The person has logged out. */
export function releaseAllPreviews(): void {
  for (const urls of [byPlace, byMedia]) for (const key of urls.keys()) letGo(urls, key);
}

function letGo(urls: Map<string, string>, key: string): void {
  const url = urls.get(key);
  if (url) URL.revokeObjectURL(url);
  urls.delete(key);
}
