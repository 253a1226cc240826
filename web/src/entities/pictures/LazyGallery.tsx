import { useEffect, useLayoutEffect, useState, type ComponentType } from 'react';
import { useTranslation } from '@/i18n';
import { showToast, useLayer, withStyles } from '@/ui';
import type { GalleryProps } from './Gallery';
import { placeAfter } from './keys';

let loaded: ComponentType<GalleryProps> | undefined;

/** Nobody needs the viewer before a picture is about to be pressed. */
export async function loadGallery(): Promise<ComponentType<GalleryProps>> {
  loaded ??= (await withStyles(() => import('./Gallery'))).Gallery;
  return loaded;
}

export function Gallery(props: GalleryProps) {
  const { t } = useTranslation();
  const [Viewer, setViewer] = useState(() => loaded);
  const { onClose } = props;
  // From the press on, also while the code is on its way.
  useLayer(true, onClose);
  const start = useEarlyKeys(props, !Viewer);
  useEffect(() => {
    if (Viewer) return undefined;
    let isGone = false;
    loadGallery().then(
      (viewer) => isGone || setViewer(() => viewer),
      () => {
        if (isGone) return;
        showToast(t('posts.galleryFailed'), { tone: 'error' });
        onClose();
      },
    );
    return () => {
      isGone = true;
    };
  }, [Viewer, onClose, t]);
  return Viewer ? <Viewer {...props} start={start} /> : null;
}

/** Keys pressed before the viewer is there are meant for it. Returns the picture that they led to. */
function useEarlyKeys({ pictures, start, onClose }: GalleryProps, isWaiting: boolean): number {
  const { i18n } = useTranslation();
  const [place, setPlace] = useState(start);
  const last = pictures.length - 1;
  const forward = i18n.dir() === 'rtl' ? -1 : 1;
  // A layout effect, as the one with which the viewer listens: between the two no key comes.
  useLayoutEffect(() => {
    if (!isWaiting) return undefined;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'Escape') onClose();
      else if (placeAfter(event.key, 0, last, forward) === null) return;
      else setPlace((now) => placeAfter(event.key, now, last, forward) ?? now);
      event.preventDefault();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [isWaiting, last, forward, onClose]);
  return place;
}
