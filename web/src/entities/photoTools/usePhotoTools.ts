// What people do with photos they are about to send, besides describing them: put them in order, turn them, take them
// out. Says what happened to those who do not see it, and keeps the focus where they were.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from '@/i18n';
import '@/i18n/photos';
import type { Photo, PhotoAction } from '../photos';

export interface PhotoTools {
  move: (id: string, to: number) => void;
  rotate: (id: string) => void;
  remove: (id: string) => void;
  /** For a live region. */
  announcement: string;
}

/** Buttons carry `data-tool`, and their list item `data-photo`, so that the focus finds them again. */
export function usePhotoTools(photos: readonly Photo[], dispatch: (action: PhotoAction) => void): PhotoTools {
  const { t } = useTranslation();
  const [announcement, setAnnouncement] = useState('');
  const focusAfter = useRef<(() => void) | null>(null);
  useEffect(() => {
    focusAfter.current?.();
    focusAfter.current = null;
  });

  const indexOf = (id: string) => photos.findIndex((photo) => photo.id === id);

  return {
    announcement,
    move(id, to) {
      if (to < 0 || to >= photos.length || to === indexOf(id)) return;
      const tool = document.activeElement?.getAttribute('data-tool');
      if (tool) focusAfter.current = () => focusTool(id, tool);
      dispatch({ type: 'move', id, to });
      setAnnouncement(t('compose.moved', { number: to + 1, total: photos.length }));
    },
    rotate(id) {
      dispatch({ type: 'rotate', id });
      setAnnouncement(t('compose.rotated', { number: indexOf(id) + 1 }));
    },
    remove(id) {
      const index = indexOf(id);
      const neighbour = photos[index + 1] ?? photos[index - 1];
      if (neighbour) focusAfter.current = () => focusTool(neighbour.id, 'remove');
      dispatch({ type: 'remove', id });
      setAnnouncement(t('compose.removed', { number: index + 1 }));
    },
  };
}

/** At the end of the list a button has nothing left to do; its counterpart has. */
function focusTool(id: string, tool: string): void {
  const item = document.querySelector(`[data-photo="${id}"]`);
  const button = item?.querySelector<HTMLButtonElement>(`[data-tool="${tool}"]:not(:disabled)`) ?? item?.querySelector<HTMLButtonElement>('[data-tool]:not(:disabled)');
  button?.focus();
}
