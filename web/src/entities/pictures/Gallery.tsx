import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { ChevronLeft, ChevronRight, Download, X, ZoomIn, ZoomOut } from 'lucide-react';
import { Dialog, Modal, ModalOverlay } from 'react-aria-components';
import { useTranslation } from '@/i18n';
import type { Image } from '@/api';
import { IconButton, VisuallyHidden, cx, showToast } from '@/ui';
import { ownerKey, type ImageOwner } from '../images';
import styles from './Gallery.module.css';
import { bindHands, type Hands } from './hands';
import { placeAfter } from './keys';
import { savePicture } from './save';
import { SignedImage } from './SignedImage';
import { AT_REST, isZoomed, maxScaleOf, movedBy, toggledAt, zoomedAt, type Point, type Room, type View } from './zoom';

export interface Picture {
  owner: ImageOwner;
  image: Image;
}

export interface GalleryProps {
  pictures: readonly Picture[];
  start: number;
  onClose: () => void;
  /** Called with the place one has come to, where there may be more to fetch. */
  onMove?: (index: number) => void;
}

const KEY_ZOOM = 1.5;
const KEY_PAN_PX = 90;
/** Pulled down this far, the page behind is half there. */
const FADE_PX = 500;

const keyOf = ({ owner, image }: Picture) => `${ownerKey(owner)} ${image.media_id}`;

/** Full screen, for fingers, mouse and keys. The description is shown, not only spoken. */
export function Gallery({ pictures, start, onClose, onMove }: GalleryProps) {
  const { t, i18n } = useTranslation();
  const [at, setAt] = useState(() => ({ index: start, key: pictures[start] && keyOf(pictures[start]) }));
  const [isBare, setBare] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const altId = useId();
  // The list may grow at either end, or lose one, while one looks: the picture stays.
  const found = pictures.findIndex((picture) => keyOf(picture) === at.key);
  const last = pictures.length - 1;
  const index = found >= 0 ? found : Math.min(at.index, last);
  const picture = pictures[index];
  const forward = i18n.dir() === 'rtl' ? -1 : 1;
  const show = (wanted: number) => {
    const next = Math.min(last, Math.max(0, wanted));
    setAt({ index: next, key: pictures[next] && keyOf(pictures[next]) });
    onMove?.(next);
  };
  const { stage, strip, slot, view, setView, room, percent } = useStage(picture, index, forward, {
    hasMore: () => (forward > 0 ? { before: index > 0, after: index < last } : { before: index < last, after: index > 0 }),
    onTap: () => setBare(!isBare),
    onOutcome: (outcome) => (outcome === 'close' ? onClose() : show(index + (outcome === 'after' ? forward : -forward))),
  });
  useEffect(() => {
    if (!picture) onClose();
  }, [picture, onClose]);
  const zoomed = percent > 100;

  function zoom(factor: number) {
    const space = room();
    if (space) setView(zoomedAt(view(), view().scale * factor, middle(space), space), true);
  }

  function toggleZoom() {
    const space = room();
    if (space) setView(toggledAt(view(), middle(space), space), true);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pan: Record<string, Point> = { ArrowRight: { x: -1, y: 0 }, ArrowLeft: { x: 1, y: 0 }, ArrowDown: { x: 0, y: -1 }, ArrowUp: { x: 0, y: 1 } };
    const by = pan[event.key];
    const space = room();
    const place = placeAfter(event.key, index, last, forward);
    if (by && zoomed && space) setView(movedBy(view(), { x: by.x * KEY_PAN_PX, y: by.y * KEY_PAN_PX }, space), true);
    else if (place !== null) show(place);
    else if (event.key === '+' || event.key === '=') zoom(KEY_ZOOM);
    else if (event.key === '-') zoom(1 / KEY_ZOOM);
    else if (event.key === '0') setView(AT_REST, true);
    else return;
    event.preventDefault();
  }
  useKeys(onKeyDown);
  if (!picture) return null;
  const { owner, image } = picture;

  async function save() {
    setSaving(true);
    try {
      if ((await savePicture(owner, image)) === 'downloaded') showToast(t('posts.photoSaved'));
    } catch {
      showToast(t('posts.photoNotSaved'), { tone: 'error' });
    } finally {
      setSaving(false);
    }
  }

  const around = [index - 1, index, index + 1].flatMap((place) => (pictures[place] ? [{ place, shown: pictures[place] }] : []));
  return (
    <ModalOverlay isOpen onOpenChange={(open) => !open && onClose()} className={styles.overlay ?? ''}>
      <Modal className={styles.modal ?? ''}>
        <Dialog aria-label={t('posts.gallery')} aria-describedby={image.alt ? altId : undefined} className={styles.dialog ?? ''}>
          <div ref={stage} className={cx(styles.stage, isBare && styles.bare, zoomed && styles.zoomed)}>
            <header className={styles.bar} data-chrome>
              <span className={styles.count} aria-live="polite">
                {t('posts.galleryPosition', { number: index + 1, total: pictures.length })}
                <VisuallyHidden>{image.alt}</VisuallyHidden>
              </span>
              <VisuallyHidden live="polite">{zoomed ? t('posts.zoomedTo', { percent }) : ''}</VisuallyHidden>
              <IconButton className={styles.control ?? ''} label={t(zoomed ? 'posts.zoomOut' : 'posts.zoomIn')} icon={zoomed ? <ZoomOut /> : <ZoomIn />} onPress={toggleZoom} />
              <IconButton className={styles.control ?? ''} label={t('posts.savePhoto')} icon={<Download />} onPress={() => isSaving || void save()} />
              <IconButton className={styles.control ?? ''} label={t('common.close')} icon={<X />} onPress={onClose} autoFocus />
            </header>
            {last > 0 && <IconButton data-chrome className={cx(styles.control, styles.previous)} label={t('posts.previous')} icon={<ChevronLeft />} onPress={() => show(index - 1)} isDisabled={index === 0} />}
            <div ref={slot} className={styles.slot}>
              <div ref={strip} className={styles.strip}>
                {around.map(({ place, shown }) => (
                  <Slide key={keyOf(shown)} picture={shown} place={place * forward} isShown={place === index} isZoomed={zoomed && place === index} />
                ))}
              </div>
            </div>
            {last > 0 && <IconButton data-chrome className={cx(styles.control, styles.next)} label={t('posts.next')} icon={<ChevronRight />} onPress={() => show(index + 1)} isDisabled={index === last} />}
            {image.alt && (
              <p id={altId} className={styles.alt} dir="auto" data-chrome>
                {image.alt}
              </p>
            )}
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** Wherever the focus is: it is outside for a moment when the viewer opens, and when a button that has it is switched off. */
function useKeys(onKeyDown: (event: KeyboardEvent) => void): void {
  const latest = useRef(onKeyDown);
  useLayoutEffect(() => {
    latest.current = onKeyDown;
  });
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => latest.current(event);
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}

/** Those beside the shown one are there already when it moves. */
function Slide({ picture: { owner, image }, place, isShown, isZoomed: isClose }: { picture: Picture; place: number; isShown: boolean; isZoomed: boolean }) {
  const ratio = image.width / image.height;
  // Closer, the browser takes the largest size there is.
  const sizes = isClose ? '9999px' : `min(100vw, ${Math.round(ratio * 100)}vh)`;
  return (
    <div className={styles.slide} style={{ transform: `translateX(${place * 100}vw)` }} inert={!isShown}>
      <div className={styles.picture} style={{ '--ratio': ratio, aspectRatio: ratio } as React.CSSProperties} data-shown={isShown || undefined}>
        <SignedImage owner={owner} image={image} cell={ratio} sizes={sizes} eager />
      </div>
    </div>
  );
}

const middle = ({ picture }: Room): Point => ({ x: picture.x, y: picture.y });

/** The moving parts. They follow a finger without a render for each pixel. */
function useStage(picture: Picture | undefined, index: number, forward: number, acts: Pick<Hands, 'hasMore' | 'onTap' | 'onOutcome'>) {
  const stage = useRef<HTMLDivElement>(null);
  const slot = useRef<HTMLDivElement>(null);
  const strip = useRef<HTMLDivElement>(null);
  const current = useRef(AT_REST);
  const moved = useRef<HTMLElement>(null);
  const [percent, setPercent] = useState(100);
  const key = picture && keyOf(picture);

  function room(): Room | null {
    const shown = strip.current?.querySelector<HTMLElement>('[data-shown]');
    if (!stage.current || !slot.current || !shown || !picture) return null;
    const outer = stage.current.getBoundingClientRect();
    const inner = slot.current.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = shown;
    return {
      stage: { width: outer.width, height: outer.height },
      picture: { x: inner.left - outer.left + inner.width / 2, y: inner.top - outer.top + inner.height / 2, width, height },
      maxScale: maxScaleOf(picture.image.width, width, devicePixelRatio),
    };
  }

  function setView(view: View, calmly: boolean) {
    const shown = strip.current?.querySelector<HTMLElement>('[data-shown]') ?? null;
    if (moved.current && moved.current !== shown) moved.current.style.transform = '';
    moved.current = shown;
    current.current = view;
    shown?.classList.toggle(styles.calm ?? '', calmly);
    if (shown) shown.style.transform = isZoomed(view) ? `translate(${view.x}px, ${view.y}px) scale(${view.scale})` : '';
    setPercent(isZoomed(view) ? Math.round(view.scale * 100) : 100);
  }

  function drag(by: Point | null) {
    const element = strip.current;
    if (!element) return;
    element.classList.toggle(styles.calm ?? '', by === null);
    element.style.transform = `translate(calc(${-index * forward * 100}vw + ${by?.x ?? 0}px), ${by?.y ?? 0}px)`;
    stage.current?.style.setProperty('--fade', String(1 - Math.min(0.8, (by?.y ?? 0) / FADE_PX)));
  }

  // The next picture comes from where the finger left it; a list that grows before it moves nothing.
  const before = useRef<string>(undefined);
  useLayoutEffect(() => {
    const isAnother = before.current !== undefined && before.current !== key;
    if (isAnother) setView(AT_REST, false);
    drag(null);
    if (!isAnother) strip.current?.classList.remove(styles.calm ?? '');
    before.current = key;
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- moves when the place does
  }, [key, index, forward]);

  const hands = useRef<Hands>(null);
  useEffect(() => {
    hands.current = { ...acts, view: () => current.current, room, onView: setView, onDrag: drag };
  });
  useEffect(() => {
    const element = stage.current;
    if (!element) return undefined;
    const now = () => hands.current as Hands;
    const turned = () => now().onView(AT_REST, false);
    window.addEventListener('resize', turned);
    const unbind = bindHands(element, {
      view: () => now().view(),
      room: () => now().room(),
      hasMore: () => now().hasMore(),
      onView: (view, calmly) => now().onView(view, calmly),
      onDrag: (by) => now().onDrag(by),
      onOutcome: (outcome) => now().onOutcome(outcome),
      onTap: () => now().onTap(),
    });
    return () => {
      window.removeEventListener('resize', turned);
      unbind();
    };
  }, []);

  return { stage, slot, strip, room, view: () => current.current, setView, percent };
}
