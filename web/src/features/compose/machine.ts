// The state of a post being written: text, place, and the pictures on their way. Pure, so that every step can be tested.

export const MAX_PHOTOS = 10;
export const MAX_BODY = 5000;

export type PhotoState = 'queued' | 'uploading' | 'processing' | 'ready' | 'failed';

export interface Photo {
  id: string;
  file: File;
  previewUrl: string;
  state: PhotoState;
  /** 0 to 1, of the bytes sent. */
  progress: number;
  mediaId: string | null;
  /** The picture itself is the problem; trying again would not help. */
  isRejected: boolean;
  alt: string;
}

export interface ComposeState {
  body: string;
  channelId: string | null;
  photos: Photo[];
  /** Sent with the post: the same content keeps its key, so pressing Post again cannot post twice. */
  key: string;
}

export type ComposeAction =
  | { type: 'body'; body: string }
  | { type: 'channel'; channelId: string | null }
  | { type: 'add'; photos: { id: string; file: File; previewUrl: string }[] }
  | { type: 'uploading'; id: string; progress: number }
  | { type: 'processing'; id: string }
  | { type: 'ready'; id: string; mediaId: string }
  | { type: 'failed'; id: string; isRejected: boolean }
  | { type: 'retry'; id: string }
  | { type: 'remove'; id: string }
  | { type: 'alt'; id: string; alt: string };

export function emptyCompose(key: string, body = '', channelId: string | null = null): ComposeState {
  return { body, channelId, photos: [], key };
}

/** What may be in the post changed, so an answer to the old key would be for something else. */
const CHANGES_CONTENT: ReadonlySet<ComposeAction['type']> = new Set(['body', 'channel', 'add', 'ready', 'remove', 'alt']);

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
    case 'add': {
      const room = MAX_PHOTOS - state.photos.length;
      const added = action.photos.slice(0, room).map((photo): Photo => ({ ...photo, state: 'queued', progress: 0, mediaId: null, isRejected: false, alt: '' }));
      return { ...state, photos: [...state.photos, ...added] };
    }
    case 'uploading':
      return change(state, action.id, (photo) => ({ ...photo, state: 'uploading', progress: action.progress }));
    case 'processing':
      return change(state, action.id, (photo) => ({ ...photo, state: 'processing', progress: 1 }));
    case 'ready':
      return change(state, action.id, (photo) => ({ ...photo, state: 'ready', progress: 1, mediaId: action.mediaId }));
    case 'failed':
      return change(state, action.id, (photo) => ({ ...photo, state: 'failed', isRejected: action.isRejected }));
    case 'retry':
      return change(state, action.id, (photo) => (photo.state === 'failed' && !photo.isRejected ? { ...photo, state: 'queued', progress: 0 } : photo));
    case 'remove':
      return { ...state, photos: state.photos.filter((photo) => photo.id !== action.id) };
    case 'alt':
      return change(state, action.id, (photo) => ({ ...photo, alt: action.alt }));
  }
}

/** A report about a photo that has been removed meanwhile changes nothing. */
function change(state: ComposeState, id: string, update: (photo: Photo) => Photo): ComposeState {
  if (!state.photos.some((photo) => photo.id === id)) return state;
  return { ...state, photos: state.photos.map((photo) => (photo.id === id ? update(photo) : photo)) };
}

export type BlockReason = 'failed' | 'uploading' | 'too_long' | 'empty';

/** Why the post cannot be sent yet. The most useful reason first. */
export function blockReason(state: ComposeState): BlockReason | null {
  if (state.photos.some((photo) => photo.state === 'failed')) return 'failed';
  if (state.photos.some((photo) => photo.state !== 'ready')) return 'uploading';
  if (bodyLength(state) > MAX_BODY) return 'too_long';
  return state.body.trim() === '' && state.photos.length === 0 ? 'empty' : null;
}

export function bodyLength(state: ComposeState): number {
  return [...state.body.trim()].length;
}

export interface PostDraft {
  channel_id: string | null;
  body: string;
  media: { media_id: string; alt: string }[];
}

export function toPost(state: ComposeState): PostDraft {
  return {
    channel_id: state.channelId,
    body: state.body.trim(),
    media: state.photos.flatMap((photo) => (photo.mediaId ? [{ media_id: photo.mediaId, alt: photo.alt.trim() }] : [])),
  };
}
