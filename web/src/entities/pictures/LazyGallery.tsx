import { useEffect, useState, type ComponentType } from 'react';
import { useTranslation } from '@/i18n';
import { showToast, useLayer } from '@/ui';
import type { GalleryProps } from './Gallery';

let loaded: ComponentType<GalleryProps> | undefined;

/** Nobody needs the viewer before a picture is about to be pressed. */
export async function loadGallery(): Promise<ComponentType<GalleryProps>> {
  loaded ??= (await import('./Gallery')).Gallery;
  return loaded;
}

export function Gallery(props: GalleryProps) {
  const { t } = useTranslation();
  const [Viewer, setViewer] = useState(() => loaded);
  const { onClose } = props;
  // From the press on, also while the code is on its way.
  useLayer(true, onClose);
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
  return Viewer ? <Viewer {...props} /> : null;
}
