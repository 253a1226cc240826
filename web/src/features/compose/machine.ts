// The state of a post being written: text, place, and the pictures on their way. Pure, so that every step can be tested.

import { reducePhotos, type AddedPhoto, type Photo, type PhotoAction } from '@/entities';
import { isBlank, lengthOf, tidyLine, tidyLines } from '@/text';
import type { Place } from './audience';

export const MAX_BODY = 5000;

export interface ComposeState {
  body: string;
  /** Null until it is known where a post of this person usually goes. */
  place: Place | null;
  photos: readonly Photo[];
  /** Sent with the post: the same content keeps its key, so pressing Post again cannot post twice. */
  key: string;
}

export type ComposeAction =
  | { type: 'body'; body: string }
  | { type: 'place'; place: Place }
  /** The server does not have these pictures any more. */
  | { type: 'sendAgain'; ids: readonly string[] }
  | { type: 'startOver' }
  | PhotoAction;

export function emptyCompose(key: string, body = '', place: Place | null = null): ComposeState {
  return { body, place, photos: [], key };
}

/** A post that was begun before. Nothing but the same post may go under its former key. */
export function resumeCompose(newKey: () => string, begun: { body: string; place: Place | null; photos: AddedPhoto[]; key: string | null }, place: Place | null): ComposeState {
  const photos = reducePhotos([], { type: 'add', photos: begun.photos });
  const isSame = place?.kind === begun.place?.kind && (place?.kind !== 'channel' || begun.place?.kind !== 'channel' || place.id === begun.place.id);
  return { body: begun.body, place, photos, key: (isSame && begun.key) || newKey() };
}

/** What may be in the post changed, so an answer to the old key would be for something else. */
const CHANGES_CONTENT: ReadonlySet<ComposeAction['type']> = new Set(['body', 'place', 'startOver', 'add', 'ready', 'remove', 'rotate', 'move', 'alt']);

export function composeReducer(newKey: () => string): (state: ComposeState, action: ComposeAction) => ComposeState {
  return (state, action) => {
    const next = reduce(state, action);
    return next !== state && CHANGES_CONTENT.has(action.type) ? { ...next, key: newKey() } : next;
  };
}

function reduce(state: ComposeState, action: ComposeAction): ComposeState {
  switch (action.type) {
    case 'body':
      return { ...state, body: action.body };
    case 'place':
      return { ...state, place: action.place };
    case 'sendAgain':
      return { ...state, photos: state.photos.map((photo) => (action.ids.includes(photo.id) ? { ...photo, state: 'queued', progress: 0, mediaId: null } : photo)) };
    case 'startOver':
      return { ...state, body: '', photos: [] };
    default: {
      const photos = reducePhotos(state.photos, action);
      return photos === state.photos ? state : { ...state, photos };
    }
  }
}

export type BlockReason = 'rejected' | 'failed' | 'uploading' | 'too_long' | 'empty' | 'place';

/** Why the post cannot be sent yet. The most useful reason first. */
export function blockReason(state: ComposeState): BlockReason | null {
  if (state.photos.some((photo) => photo.isRejected)) return 'rejected';
  if (state.photos.some((photo) => photo.state === 'failed')) return 'failed';
  if (state.photos.some((photo) => photo.state !== 'ready')) return 'uploading';
  if (bodyLength(state) > MAX_BODY) return 'too_long';
  if (isBlank(state.body) && state.photos.length === 0) return 'empty';
  return state.place ? null : 'place';
}

export function bodyLength(state: ComposeState): number {
  return lengthOf(state.body);
}

export interface PostDraft {
  channel_id: string | null;
  body: string;
  media: { media_id: string; alt: string }[];
}

export function toPost(state: ComposeState): PostDraft {
  return {
    channel_id: state.place?.kind === 'channel' ? state.place.id : null,
    body: tidyLines(state.body),
    media: state.photos.flatMap((photo) => (photo.mediaId ? [{ media_id: photo.mediaId, alt: tidyLine(photo.alt) }] : [])),
  };
}
