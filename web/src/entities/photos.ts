// Pictures on their way to the server while something is being written. Pure steps, and the one place that moves them on.
import { newKey, toApiError, type ApiError } from '@/api';
import { UploadCancelled, UploadRejected, checkFile, preparePicture, uploadMedia, type MediaPurpose, type UploadHandle } from './upload';

export const MAX_PHOTOS = 10;

export type PhotoState = 'queued' | 'preparing' | 'uploading' | 'processing' | 'ready' | 'failed';
export type Rotation = 0 | 90 | 180 | 270;

export interface Photo {
  id: string;
  /** As it was chosen; rotations begin here, so that turning four times changes nothing. */
  file: Blob;
  /** Clockwise, by the person. */
  rotation: Rotation;
  /** What is uploaded: upright, small, without metadata. Null until it has been made. */
  prepared: Blob | null;
  previewUrl: string;
  /** The rotation in which `previewUrl` shows it. */
  previewRotation: Rotation;
  state: PhotoState;
  /** 0 to 1, of the bytes sent. */
  progress: number;
  mediaId: string | null;
  /** Why it failed. */
  error: ApiError | null;
  /** The picture itself is the problem; trying again would not help. */
  isRejected: boolean;
  /** It moves, and will be a still. */
  isAnimated: boolean;
  alt: string;
}

/** What outlasts the page: enough to go on from, in a form that IndexedDB takes. */
export interface StoredPhoto {
  id: string;
  blob: Blob;
  alt: string;
  rotation: Rotation;
  mediaId: string | null;
  isAnimated: boolean;
}

export interface AddedPhoto {
  id: string;
  file: Blob;
  previewUrl: string;
  stored?: StoredPhoto;
}

export type PhotoAction =
  | { type: 'add'; photos: AddedPhoto[] }
  | { type: 'preparing'; id: string }
  | { type: 'prepared'; id: string; blob: Blob; previewUrl: string; isAnimated: boolean }
  | { type: 'uploading'; id: string; progress: number }
  | { type: 'processing'; id: string }
  | { type: 'ready'; id: string; mediaId: string }
  | { type: 'failed'; id: string; error: ApiError }
  | { type: 'retry'; id: string }
  | { type: 'rotate'; id: string }
  | { type: 'move'; id: string; to: number }
  | { type: 'remove'; id: string }
  | { type: 'alt'; id: string; alt: string };

export function reducePhotos(photos: readonly Photo[], action: PhotoAction): readonly Photo[] {
  switch (action.type) {
    case 'add': {
      const room = MAX_PHOTOS - photos.length;
      return [...photos, ...action.photos.slice(0, Math.max(0, room)).map(begun)];
    }
    case 'preparing':
      return change(photos, action.id, (photo) => ({ ...photo, state: 'preparing' }));
    case 'prepared':
      return change(photos, action.id, (photo) => ({ ...photo, state: 'queued', prepared: action.blob, previewUrl: action.previewUrl, previewRotation: photo.rotation, isAnimated: photo.isAnimated || action.isAnimated }));
    case 'uploading':
      return change(photos, action.id, (photo) => ({ ...photo, state: 'uploading', progress: action.progress }));
    case 'processing':
      return change(photos, action.id, (photo) => ({ ...photo, state: 'processing', progress: 1 }));
    case 'ready':
      return change(photos, action.id, (photo) => ({ ...photo, state: 'ready', progress: 1, mediaId: action.mediaId }));
    case 'failed':
      return change(photos, action.id, (photo) => ({ ...photo, state: 'failed', error: action.error, isRejected: action.error instanceof UploadRejected }));
    case 'retry':
      return change(photos, action.id, (photo) => (photo.state === 'failed' && !photo.isRejected ? waiting(photo) : photo));
    case 'rotate':
      // What has been uploaded stays unused on the server, which sweeps it.
      return change(photos, action.id, (photo) => (photo.isRejected ? photo : { ...waiting(photo), rotation: ((photo.rotation + 90) % 360) as Rotation, prepared: null, mediaId: null }));
    case 'move':
      return moved(photos, action.id, action.to);
    case 'remove':
      return photos.filter((photo) => photo.id !== action.id);
    case 'alt':
      return change(photos, action.id, (photo) => ({ ...photo, alt: action.alt }));
  }
}

function begun({ id, file, previewUrl, stored }: AddedPhoto): Photo {
  const mediaId = stored?.mediaId ?? null;
  const rotation = stored?.rotation ?? 0;
  return {
    id, file, rotation, prepared: mediaId ? file : null, previewUrl, previewRotation: mediaId ? rotation : 0,
    state: mediaId ? 'ready' : 'queued', progress: mediaId ? 1 : 0, mediaId, error: null, isRejected: false,
    isAnimated: stored?.isAnimated ?? false, alt: stored?.alt ?? '',
  };
}

function waiting(photo: Photo): Photo {
  return { ...photo, state: 'queued', progress: 0, error: null };
}

/** A report about a photo that has been removed meanwhile changes nothing. */
function change(photos: readonly Photo[], id: string, update: (photo: Photo) => Photo): readonly Photo[] {
  if (!photos.some((photo) => photo.id === id)) return photos;
  return photos.map((photo) => (photo.id === id ? update(photo) : photo));
}

function moved(photos: readonly Photo[], id: string, to: number): readonly Photo[] {
  const from = photos.findIndex((photo) => photo.id === id);
  const target = Math.max(0, Math.min(to, photos.length - 1));
  const photo = photos[from];
  if (!photo || from === target) return photos;
  const others = photos.filter((each) => each !== photo);
  return [...others.slice(0, target), photo, ...others.slice(target)];
}

/** What to keep of a photo, so that it is there again after a reload. */
export function storedPhoto({ id, file, prepared, alt, rotation, mediaId, isAnimated }: Photo): StoredPhoto {
  return { id, blob: prepared ?? file, alt, rotation: prepared ? 0 : rotation, mediaId, isAnimated };
}

/** Whether nothing that is kept has changed: a percent more of an upload is no reason to write. */
export function sameStored(before: readonly StoredPhoto[], after: readonly StoredPhoto[]): boolean {
  return before.length === after.length && after.every((photo, index) => (Object.keys(photo) as (keyof StoredPhoto)[]).every((key) => photo[key] === before[index]?.[key]));
}

export function addedAgain(stored: StoredPhoto): AddedPhoto {
  return { id: stored.id, file: stored.blob, previewUrl: URL.createObjectURL(stored.blob), stored };
}

/** A file that was chosen and will not be shown. */
export interface RefusedFile {
  name: string;
  error: ApiError;
}

/** Looks at files somebody chose: which become photos, which do not, and whether they were more than there is room for. */
export async function takeFiles(files: Iterable<File>, room: number): Promise<{ photos: AddedPhoto[]; refused: RefusedFile[]; isTooMany: boolean }> {
  const checked = await Promise.all([...files].map(async (file) => ({ file, error: await checkFile(file) })));
  const good = checked.filter(({ error }) => error === null);
  return {
    photos: good.slice(0, Math.max(0, room)).map(({ file }) => ({ id: newKey(), file, previewUrl: URL.createObjectURL(file) })),
    refused: checked.flatMap(({ file, error }) => (error ? [{ name: file.name, error }] : [])),
    isTooMany: good.length > room,
  };
}

interface Running {
  cancel: () => void;
  step: 'prepare' | 'upload';
  rotation: Rotation;
}

export type Uploads = Map<string, Running>;

/** A phone has memory for one picture, and its line is used best by a few uploads at a time. */
const AT_ONCE = { prepare: 1, upload: 2 };

/** Starts what waits, stops what has been removed or turned, and reports each step. Call it after every change of `photos`. */
export function moveUploads(uploads: Uploads, photos: readonly Photo[], purpose: MediaPurpose, dispatch: (action: PhotoAction) => void): void {
  for (const [id, running] of uploads) {
    const photo = photos.find((each) => each.id === id);
    if (photo && photo.rotation === running.rotation) continue;
    uploads.delete(id);
    running.cancel();
  }
  for (const photo of photos) {
    if (photo.state !== 'queued' || uploads.has(photo.id)) continue;
    const step = photo.prepared ? 'upload' : 'prepare';
    const running = [...uploads.values()].filter((each) => each.step === step);
    if (running.length < AT_ONCE[step]) start(uploads, photo, purpose, dispatch);
  }
}

function start(uploads: Uploads, { id, file, rotation, prepared }: Photo, purpose: MediaPurpose, dispatch: (action: PhotoAction) => void): void {
  const running: Running = { step: prepared ? 'upload' : 'prepare', rotation, cancel: () => undefined };
  uploads.set(id, running);
  /** Of a step that is not running any more nobody wants to hear. */
  const report = (action: PhotoAction) => {
    if (uploads.get(id) === running) dispatch(action);
  };
  const follow = <Result>({ done, cancel }: UploadHandle<Result>, toAction: (result: Result) => PhotoAction) => {
    running.cancel = cancel;
    const settle = (action: () => PhotoAction) => {
      if (uploads.get(id) !== running) return;
      uploads.delete(id);
      dispatch(action());
    };
    done.then(
      (result) => settle(() => toAction(result)),
      (error: unknown) => {
        if (!(error instanceof UploadCancelled)) settle(() => ({ type: 'failed', id, error: toApiError(error) }));
      },
    );
  };
  if (prepared) {
    const upload = uploadMedia(prepared, purpose, {
      onState: (state) => {
        if (state.step === 'uploading') report({ type: 'uploading', id, progress: state.progress });
        if (state.step === 'processing') report({ type: 'processing', id });
      },
    });
    follow(upload, (mediaId) => ({ type: 'ready', id, mediaId }));
  } else {
    report({ type: 'preparing', id });
    follow(preparePicture(file, rotation), ({ blob, isAnimated }) => ({ type: 'prepared', id, blob, isAnimated, previewUrl: URL.createObjectURL(blob) }));
  }
}
