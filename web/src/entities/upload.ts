// One picture's way to the server: announce it, send the bytes straight to the store, wait until it has been made safe.
// Used for posts, messages and avatars.
import { ApiError, api, call, type Media, type MediaCreated } from '@/api';

export const MAX_BYTES = 20 * 1024 * 1024;
const TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif'] as const;
type ImageType = (typeof TYPES)[number];

export type FileProblem = 'heic' | 'avif' | 'wrongType' | 'tooLarge';

/** Why a file cannot be uploaded, before a byte is sent. HEIC first: it is what a phone's camera makes. */
export function checkFile(file: Pick<File, 'name' | 'type' | 'size'>): FileProblem | null {
  if (/^image\/hei[cf]/i.test(file.type) || /\.hei[cf]$/i.test(file.name)) return 'heic';
  if (/^image\/avif/i.test(file.type) || /\.avif$/i.test(file.name)) return 'avif';
  if (!TYPES.includes(file.type as ImageType)) return 'wrongType';
  return file.size > MAX_BYTES ? 'tooLarge' : null;
}

export type MediaPurpose = 'post' | 'avatar' | 'message';

export type UploadState = { step: 'uploading'; progress: number } | { step: 'processing' };

export interface UploadHandle {
  /** The media id once it is ready. Rejects with an ApiError, an UploadRejected or an UploadCancelled. */
  done: Promise<string>;
  cancel: () => void;
}

const REASONS = ['empty', 'not_an_image', 'heic', 'avif', 'too_many_pixels', 'too_complex', 'too_large', 'corrupt'] as const;

/** Why a picture cannot be used, as a code that `errors` has a sentence for. */
export type Rejection = `photo_${(typeof REASONS)[number]}` | 'photo_rejected';

export function rejectionOf(reason: string | null | undefined): Rejection {
  const known = REASONS.find((each) => each === reason);
  // A server that is newer than this page may have reasons of its own.
  return known ? `photo_${known}` : 'photo_rejected';
}

/** The server has looked at the picture and cannot use it; trying again would not help. */
export class UploadRejected extends ApiError {
  constructor(readonly rejection: Rejection) {
    super(rejection, 422, '');
  }
}

export class UploadCancelled extends Error {
  override readonly name = 'UploadCancelled';
}

const POLL_MS = [400, 600, 1_000, 1_500, 2_000];
const GIVE_UP_AFTER_MS = 120_000;

export function uploadMedia(file: File, purpose: MediaPurpose, onState: (state: UploadState) => void): UploadHandle {
  const abort = new AbortController();
  const report = (state: UploadState) => {
    if (!abort.signal.aborted) onState(state);
  };
  const run = async (): Promise<string> => {
    report({ step: 'uploading', progress: 0 });
    const body = { content_type: file.type as ImageType, length: file.size, purpose: purpose as 'post' };
    const created = await call(api.POST('/media', { body, signal: abort.signal }));
    await putPatiently(created.upload, file, abort.signal, (progress) => report({ step: 'uploading', progress }));
    report({ step: 'processing' });
    const path = { params: { path: { id: created.id } }, signal: abort.signal };
    let media: Media = await call(api.POST('/media/{id}/complete', path));
    const startedAt = Date.now();
    for (let turn = 0; media.state === 'pending' || media.state === 'processing'; turn += 1) {
      if (Date.now() - startedAt > GIVE_UP_AFTER_MS) throw new Error('The picture took too long to prepare.');
      await pause(POLL_MS[Math.min(turn, POLL_MS.length - 1)] ?? 2_000, abort.signal);
      media = await call(api.GET('/media/{id}', path));
    }
    if (media.state === 'rejected') throw new UploadRejected(rejectionOf(media.reason));
    return media.id;
  };
  const done = run().catch((error: unknown) => {
    throw abort.signal.aborted ? new UploadCancelled() : error;
  });
  return { done, cancel: () => abort.abort() };
}

/** The store is busy, the line was too slow, or an earlier try has not been given up yet: all of it passes. */
const PASSING = [408, 409, 429, 503];
const TRIES = 5;

async function putPatiently(...[upload, file, signal, onProgress]: Parameters<typeof put>): Promise<void> {
  for (let turn = 1; ; turn += 1) {
    const status = await put(upload, file, signal, onProgress);
    // 412: the first try arrived and only its answer was lost. The store takes each upload once.
    if (status < 300 || status === 412) return;
    if (turn === TRIES || !PASSING.includes(status)) throw new TypeError(`The store answered ${status}.`);
    await pause(turn * 2_000, signal);
  }
}

/** XMLHttpRequest, because fetch cannot tell how much has been sent. */
function put(upload: MediaCreated['upload'], file: File, signal: AbortSignal, onProgress: (share: number) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(upload.method, upload.url);
    for (const [name, value] of Object.entries(upload.headers)) {
      // The browser sets the length itself and refuses to have it set.
      if (!/^(content-length|host)$/i.test(name)) request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => resolve(request.status);
    request.onerror = () => reject(new TypeError('The store could not be reached.'));
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
