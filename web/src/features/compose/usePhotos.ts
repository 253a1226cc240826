import { useEffect, useRef, type Dispatch } from 'react';
import { UploadCancelled, UploadRejected, uploadMedia, type UploadHandle } from '@/entities';
import type { ComposeAction, Photo } from './machine';

/** A phone's line is used best by a few uploads at a time. */
const AT_ONCE = 2;

/** Moves queued photos to the server and reports each step to the reducer. */
export function usePhotos(photos: readonly Photo[], dispatch: Dispatch<ComposeAction>): void {
  const running = useRef(new Map<string, UploadHandle>());

  useEffect(() => {
    const uploads = running.current;
    for (const [id, upload] of uploads) {
      if (photos.some((photo) => photo.id === id)) continue;
      uploads.delete(id);
      upload.cancel();
    }
    for (const photo of photos) {
      if (uploads.size >= AT_ONCE) break;
      if (photo.state !== 'queued' || uploads.has(photo.id)) continue;
      uploads.set(photo.id, start(photo, dispatch, () => uploads.delete(photo.id)));
    }
  }, [photos, dispatch]);

  useEffect(() => {
    const uploads = running.current;
    return () => {
      for (const upload of uploads.values()) upload.cancel();
      uploads.clear();
    };
  }, []);
}

function start({ id, file }: Photo, dispatch: Dispatch<ComposeAction>, onSettled: () => void): UploadHandle {
  const upload = uploadMedia(file, 'post', (state) =>
    dispatch(state.step === 'uploading' ? { type: 'uploading', id, progress: state.progress } : { type: 'processing', id }),
  );
  upload.done.then(
    (mediaId) => {
      onSettled();
      dispatch({ type: 'ready', id, mediaId });
    },
    (error: unknown) => {
      onSettled();
      if (!(error instanceof UploadCancelled)) dispatch({ type: 'failed', id, isRejected: error instanceof UploadRejected });
    },
  );
  return upload;
}
