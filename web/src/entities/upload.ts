// One picture's way to the server: prepare it, announce it, send the bytes straight to the store, wait until it has been
// made safe. Used for posts, messages, avatars and pictures of groups.
import '@/i18n/photos';
import { ApiError, api, call, networkError, toApiError, type Media, type MediaCreated } from '@/api';
import { prepare, refusalOf } from './prepare/prepare';
import { MAX_BYTES, REASONS, Refused, isPassing, type Reason } from './prepare/refusal';

const TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif'] as const;
type ImageType = (typeof TYPES)[number];

/**
 * For file fields. The named types are there because `image/*` alone hides HEIC and AVIF in some dialogs; with HEIC
 * named, iOS hands over the photo as it is, and not a JPEG of its own making that is larger.
 */
export const PICTURE_TYPES = 'image/*,image/heic,image/heif,image/avif,.heic,.heif,.avif';

export type MediaPurpose = 'post' | 'avatar' | 'message';

export type UploadState = { step: 'preparing' } | { step: 'uploading'; progress: number } | { step: 'processing' };

export interface UploadHandle<Result = string> {
  /** The media id once it is ready. Rejects with an ApiError, an UploadRejected or an UploadCancelled. */
  done: Promise<Result>;
  cancel: () => void;
}

/** Why a picture cannot be used, as a code that `errors` has a sentence for. */
export type Rejection = `photo_${Reason}` | 'photo_too_large_by' | 'photo_rejected';

export function rejectionOf(reason: string | null | undefined): Rejection {
  const known = REASONS.find((each) => each === reason);
  // A server that is newer than this page may have reasons of its own.
  return known ? `photo_${known}` : 'photo_rejected';
}

/** The picture itself is the problem; trying again would not help. */
export class UploadRejected extends ApiError {
  constructor(readonly rejection: Rejection, values: Record<string, number> = {}) {
    super(rejection, 422, '');
    this.values = values;
  }
}

export class UploadCancelled extends Error {
  override readonly name = 'UploadCancelled';
}

/** What the first bytes of a file say against it, before it is shown or sent. */
export async function checkFile(file: Blob): Promise<ApiError | null> {
  const refused = await refusalOf(file);
  return refused && fromRefused(refused);
}

function fromRefused({ reason, sizeBytes }: Refused): ApiError {
  if (reason === 'too_large' && sizeBytes > 0) return new UploadRejected('photo_too_large_by', { size: megabytes(sizeBytes) });
  return isPassing(reason) ? new ApiError(`photo_${reason}`, -1, '') : new UploadRejected(`photo_${reason}`);
}

/** Never "20" of what is more than 20. */
function megabytes(bytes: number): number {
  return Math.ceil((bytes / (MAX_BYTES / 20)) * 10) / 10;
}

export interface PreparedPicture {
  blob: Blob;
  isAnimated: boolean;
}

/** Upright, small, and without metadata. Rejects with an ApiError, an UploadRejected or an UploadCancelled. */
export function preparePicture(file: Blob, rotation: 0 | 90 | 180 | 270 = 0): UploadHandle<PreparedPicture> {
  const abort = new AbortController();
  const done = prepare(file, rotation, abort.signal).catch((error: unknown) => {
    if (abort.signal.aborted) throw new UploadCancelled();
    throw error instanceof Refused ? fromRefused(error) : toApiError(error);
  });
  return { done, cancel: () => abort.abort() };
}

const POLL_MS = [400, 600, 1_000, 1_500, 2_000];
const GIVE_UP_AFTER_MS = 120_000;

interface UploadOptions {
  onState?: (state: UploadState) => void;
  /** What is about to be sent, to be shown, and whether it moves and will be a still. */
  onPrepared?: (blob: Blob, isAnimated: boolean) => void;
  rotation?: 0 | 90 | 180 | 270 | undefined;
}

export function uploadMedia(file: Blob, purpose: MediaPurpose, { onState, onPrepared, rotation = 0 }: UploadOptions = {}): UploadHandle {
  const abort = new AbortController();
  const { signal } = abort;
  const report = (state: UploadState) => {
    if (!signal.aborted) onState?.(state);
  };
  const run = async (): Promise<string> => {
    report({ step: 'preparing' });
    const { blob, isAnimated } = await prepare(file, rotation, signal);
    if (!signal.aborted) onPrepared?.(blob, isAnimated);
    report({ step: 'uploading', progress: 0 });
    const body = { content_type: blob.type as ImageType, length: blob.size, purpose: purpose as 'post' };
    const created = await call(api.POST('/media', { body, signal }));
    await putPatiently(created.upload, blob, signal, (progress) => report({ step: 'uploading', progress }));
    report({ step: 'processing' });
    const path = { params: { path: { id: created.id } }, signal };
    let media: Media = await call(api.POST('/media/{id}/complete', path));
    const startedAt = Date.now();
    for (let turn = 0; media.state === 'pending' || media.state === 'processing'; turn += 1) {
      if (Date.now() - startedAt > GIVE_UP_AFTER_MS) throw new ApiError('upload_slow', -1, '');
      await pause(POLL_MS[Math.min(turn, POLL_MS.length - 1)] ?? 2_000, signal);
      media = await call(api.GET('/media/{id}', path));
    }
    if (media.state === 'rejected') throw new UploadRejected(rejectionOf(media.reason));
    return media.id;
  };
  const done = run().catch((error: unknown) => {
    throw signal.aborted ? new UploadCancelled() : reasonOf(error);
  });
  return { done, cancel: () => abort.abort() };
}

/** The same code means one thing here and another elsewhere: each of these has a sentence of its own. */
export function reasonOf(error: unknown): ApiError {
  if (error instanceof Refused) return fromRefused(error);
  const found = toApiError(error);
  if (found.code === 'media_quota_exceeded' && found.status === 429) return new ApiError('uploads_unfinished', 429, '', [], found.retryAfterSeconds);
  if (found.code === 'not_found') return new ApiError('upload_expired', -1, '');
  const field = found.code === 'invalid_request' ? found.fields[0] : undefined;
  if (field?.field === 'length') return new UploadRejected(field.code === 'too_small' ? 'photo_empty' : 'photo_too_large');
  if (field?.field === 'content_type') return new UploadRejected(rejectionOf(/^(heic|avif)_/.exec(field.code)?.[1] ?? 'not_an_image'));
  return found;
}

/** The store is busy, the line was too slow, or an earlier try has not been given up yet: all of it passes. */
const PASSING = [408, 409, 429, 503];
const TRIES = 5;

async function putPatiently(...[upload, file, signal, onProgress]: Parameters<typeof put>): Promise<void> {
  for (let turn = 1; ; turn += 1) {
    const status = await put(upload, file, signal, onProgress);
    // 412: the first try arrived and only its answer was lost. The store takes each upload once.
    if (status < 300 || status === 412) return;
    if (turn === TRIES || !PASSING.includes(status)) throw storeError(status);
    await pause(turn * 2_000, signal);
  }
}

/** What the store's answer means for the person. */
export function storeError(status: number): ApiError {
  if (status === 413) return new UploadRejected('photo_too_large');
  // The address is good for minutes only; another try gets a new one.
  if (status === 401 || status === 403 || status === 404 || status === 410) return new ApiError('upload_expired', -1, '');
  if (status === 400 || status === 411) return new ApiError('upload_mismatch', -1, '');
  return new ApiError('store_unavailable', status, '');
}

/** XMLHttpRequest, because fetch cannot tell how much has been sent. */
function put(upload: MediaCreated['upload'], file: Blob, signal: AbortSignal, onProgress: (share: number) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(upload.method, upload.url);
    for (const [name, value] of Object.entries(upload.headers)) {
      // The browser sets the length itself and refuses to have it set.
      if (!/^(content-length|host)$/i.test(name)) request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => resolve(request.status);
    request.onerror = () => reject(networkError());
    request.onabort = () => reject(new UploadCancelled());
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new UploadCancelled());
    }, { once: true });
  });
}
