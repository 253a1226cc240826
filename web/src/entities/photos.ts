// Pictures on their way to the server while something is being written. Pure steps, and the one place that moves them on.
import { isAnimated } from './animation';
import { UploadCancelled, UploadRejected, uploadMedia, type MediaPurpose, type Rejection, type UploadHandle } from './upload';

export const MAX_PHOTOS = 10;

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
  /** Why, then. */
  rejection: Rejection | null;
  /** It moves, and will be a still. */
  isAnimated: boolean;
  alt: string;
}

export type PhotoAction =
  | { type: 'add'; photos: { id: string; file: File; previewUrl: string }[] }
  | { type: 'uploading'; id: string; progress: number }
  | { type: 'processing'; id: string }
  | { type: 'ready'; id: string; mediaId: string }
  | { type: 'failed'; id: string; rejection: Rejection | null }
  | { type: 'animated'; id: string }
  | { type: 'retry'; id: string }
  | { type: 'remove'; id: string }
  | { type: 'alt'; id: string; alt: string };

export function reducePhotos(photos: readonly Photo[], action: PhotoAction): readonly Photo[] {
  switch (action.type) {
    case 'add': {
      const room = MAX_PHOTOS - photos.length;
      const added = action.photos.slice(0, room).map((photo): Photo => ({ ...photo, state: 'queued', progress: 0, mediaId: null, isRejected: false, rejection: null, isAnimated: false, alt: '' }));
      return [...photos, ...added];
    }
    case 'uploading':
      return change(photos, action.id, (photo) => ({ ...photo, state: 'uploading', progress: action.progress }));
    case 'processing':
      return change(photos, action.id, (photo) => ({ ...photo, state: 'processing', progress: 1 }));
    case 'ready':
      return change(photos, action.id, (photo) => ({ ...photo, state: 'ready', progress: 1, mediaId: action.mediaId }));
    case 'failed':
      return change(photos, action.id, (photo) => ({ ...photo, state: 'failed', isRejected: action.rejection !== null, rejection: action.rejection }));
    case 'animated':
      return change(photos, action.id, (photo) => ({ ...photo, isAnimated: true }));
    case 'retry':
      return change(photos, action.id, (photo) => (photo.state === 'failed' && !photo.isRejected ? { ...photo, state: 'queued', progress: 0 } : photo));
    case 'remove':
      return photos.filter((photo) => photo.id !== action.id);
    case 'alt':
      return change(photos, action.id, (photo) => ({ ...photo, alt: action.alt }));
  }
}

/** A report about a photo that has been removed meanwhile changes nothing. */
function change(photos: readonly Photo[], id: string, update: (photo: Photo) => Photo): readonly Photo[] {
  if (!photos.some((photo) => photo.id === id)) return photos;
  return photos.map((photo) => (photo.id === id ? update(photo) : photo));
}

/** Looks at files that were added, and reports those that move. */
export function noticeAnimations(added: readonly Pick<Photo, 'id' | 'file'>[], dispatch: (action: PhotoAction) => void): void {
  for (const { id, file } of added) {
    void isAnimated(file).then((moves) => {
      if (moves) dispatch({ type: 'animated', id });
    });
  }
}

export type Uploads = Map<string, UploadHandle>;

/** A phone's line is used best by a few uploads at a time. */
const AT_ONCE = 2;

/** Starts what waits, stops what has been removed, and reports each step. Call it after every change of `photos`. */
export function moveUploads(uploads: Uploads, photos: readonly Photo[], purpose: MediaPurpose, dispatch: (action: PhotoAction) => void): void {
  for (const [id, upload] of uploads) {
    if (photos.some((photo) => photo.id === id)) continue;
    uploads.delete(id);
    upload.cancel();
  }
  for (const photo of photos) {
    if (uploads.size >= AT_ONCE) break;
    if (photo.state !== 'queued' || uploads.has(photo.id)) continue;
    uploads.set(photo.id, start(photo, purpose, dispatch, () => uploads.delete(photo.id)));
  }
}

function start({ id, file }: Photo, purpose: MediaPurpose, dispatch: (action: PhotoAction) => void, onSettled: () => void): UploadHandle {
  const upload = uploadMedia(file, purpose, (state) =>
    dispatch(state.step === 'uploading' ? { type: 'uploading', id, progress: state.progress } : { type: 'processing', id }),
  );
  upload.done.then(
    (mediaId) => {
      onSettled();
      dispatch({ type: 'ready', id, mediaId });
    },
    (error: unknown) => {
      onSettled();
      if (!(error instanceof UploadCancelled)) dispatch({ type: 'failed', id, rejection: error instanceof UploadRejected ? error.rejection : null });
    },
  );
  return upload;
}
