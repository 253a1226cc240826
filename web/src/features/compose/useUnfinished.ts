import { useEffect, useRef, useState, type Dispatch } from 'react';
import { ApiError, api, call } from '@/api';
import { hasNothing, openUnfinished, sameStored, storedPhoto, type StoredPhoto, type UnfinishedPost } from '@/entities';
import type { Place } from './audience';
import { takeFormerDraft } from './draft';
import { lastPlace } from './lastPlace';
import type { ComposeAction, ComposeState } from './machine';

export interface Opened {
  post: UnfinishedPost;
  body: string;
  place: Place | null;
  photos: readonly StoredPhoto[];
  /** What it may have been posted under before. */
  key: string | null;
  /** There was something. */
  isFound: boolean;
  /** Where this person posted last. */
  last: Place | null;
}

const PATIENCE_MS = 1_000;

/** Whoever opens the sheet again at once must find what is just being written. */
let closing: Promise<unknown> = Promise.resolve();

/** What there is to go on with; null for the moment that it takes to look. */
export function useUnfinished(userId: string): Opened | null {
  const [opened, setOpened] = useState<Opened | null>(null);
  useEffect(() => {
    let isGone = false;
    const opening = closing.then(() => Promise.all([openUnfinished(`${userId} compose`), lastPlace(userId)]));
    void opening.then(([post, last]) => {
      if (isGone) return;
      const body = post.found?.body ?? takeFormerDraft();
      const photos = post.found?.photos ?? [];
      setOpened({ post, body, photos, key: post.found?.key ?? null, place: (post.found?.place as Place | null | undefined) ?? null, isFound: !hasNothing({ body, photos }), last });
    });
    return () => {
      isGone = true;
      closing = opening.then(([post]) => post.release());
    };
  }, [userId]);
  return opened;
}

/** Keeps every change. Returns whether the device does keep it. */
export function useKeeping(post: UnfinishedPost, { body, place, photos, key }: ComposeState): boolean {
  const [isKept, setKept] = useState(true);
  const stored = useSame(photos.map(storedPhoto));
  useEffect(() => {
    let isCurrent = true;
    // What takes so long is not kept until it is: closing asks.
    const patience = setTimeout(() => setKept(false), PATIENCE_MS);
    void post.save({ body, place, photos: stored, key }).then((isDone) => {
      if (!isCurrent) return;
      clearTimeout(patience);
      setKept(isDone);
    });
    return () => {
      isCurrent = false;
      clearTimeout(patience);
    };
  }, [post, body, place, stored, key]);
  return isKept;
}

/** The list as it was, while nothing in it that is kept has changed. */
function useSame(photos: StoredPhoto[]): StoredPhoto[] {
  const [shown, setShown] = useState(photos);
  if (sameStored(shown, photos)) return shown;
  setShown(photos);
  return photos;
}

/** The server sweeps pictures that are in no post: those that are gone are sent again. */
export function useSweptPhotos(photos: readonly StoredPhoto[], dispatch: Dispatch<ComposeAction>): void {
  const first = useRef(photos);
  useEffect(() => {
    for (const { id, mediaId } of first.current) {
      if (!mediaId) continue;
      call(api.GET('/media/{id}', { params: { path: { id: mediaId } } })).then(
        ({ state }) => state !== 'ready' && dispatch({ type: 'sendAgain', ids: [id] }),
        (error: unknown) => error instanceof ApiError && error.status === 404 && dispatch({ type: 'sendAgain', ids: [id] }),
      );
    }
  }, [dispatch]);
}
