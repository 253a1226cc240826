// The state of a post being written: text, place, and the pictures on their way. Pure, so that every step can be tested.

import { reducePhotos, type Photo, type PhotoAction } from '@/entities';
import { isBlank, lengthOf, tidyLine, tidyLines } from '@/text';

export const MAX_BODY = 5000;

export interface ComposeState {
  body: string;
  channelId: string | null;
  photos: readonly Photo[];
  /** Sent with the post: the same content keeps its key, so pressing Post again cannot post twice. */
  key: string;
}

export type ComposeAction =
  | { type: 'body'; body: string }
  | { type: 'channel'; channelId: string | null }
  | PhotoAction;

export function emptyCompose(key: string, body = '', channelId: string | null = null): ComposeState {
  return { body, channelId, photos: [], key };
}

/** What may be in the post changed, so an answer to the old key would be for something else. */
const CHANGES_CONTENT: ReadonlySet<ComposeAction['type']> = new Set(['body', 'channel', 'add', 'ready', 'remove', 'rotate', 'move', 'alt']);

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
    case 'channel':
      return { ...state, channelId: action.channelId };
    default: {
      const photos = reducePhotos(state.photos, action);
      return photos === state.photos ? state : { ...state, photos };
    }
  }
}

export type BlockReason = 'rejected' | 'failed' | 'uploading' | 'too_long' | 'empty';

/** Why the post cannot be sent yet. The most useful reason first. */
export function blockReason(state: ComposeState): BlockReason | null {
  if (state.photos.some((photo) => photo.isRejected)) return 'rejected';
  if (state.photos.some((photo) => photo.state === 'failed')) return 'failed';
  if (state.photos.some((photo) => photo.state !== 'ready')) return 'uploading';
  if (bodyLength(state) > MAX_BODY) return 'too_long';
  return isBlank(state.body) && state.photos.length === 0 ? 'empty' : null;
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
    channel_id: state.channelId,
    body: tidyLines(state.body),
    media: state.photos.flatMap((photo) => (photo.mediaId ? [{ media_id: photo.mediaId, alt: tidyLine(photo.alt) }] : [])),
  };
}
