import { useEffect, useRef, type Dispatch } from 'react';
import { moveUploads, type Photo, type Uploads } from '@/entities';
import type { ComposeAction } from './machine';

/** Moves queued photos to the server and reports each step to the reducer. */
export function usePhotos(photos: readonly Photo[], dispatch: Dispatch<ComposeAction>): void {
  const running = useRef<Uploads>(new Map());

  useEffect(() => moveUploads(running.current, photos, 'post', dispatch), [photos, dispatch]);

  useEffect(() => {
    const uploads = running.current;
    return () => {
      for (const upload of uploads.values()) upload.cancel();
      uploads.clear();
    };
  }, []);
}
