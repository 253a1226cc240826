// What fingers, mouse and wheel do on the stage of the viewer, told in its words. The geometry is in zoom.ts.
import { AT_REST, STILL_PX, axisOf, followed, isZoomed, movedBy, outcomeOf, pinched, toggledAt, zoomedAt, type Axis, type Outcome, type Point, type Room, type View } from './zoom';

export interface Hands {
  view: () => View;
  /** Null while there is nothing to look at. */
  room: () => Room | null;
  hasMore: () => { before: boolean; after: boolean };
  onView: (view: View, calmly: boolean) => void;
  /** How far the picture is from its place; null lets it go. */
  onDrag: (by: Point | null) => void;
  onOutcome: (outcome: Outcome) => void;
  onTap: () => void;
}

const DOUBLE_WITHIN_MS = 300;
const DOUBLE_WITHIN_PX = 40;
const TAP_WITHIN_MS = 350;
/** The speed of a finger is that of its last moment. */
const MOMENT_MS = 80;
const WHEEL_STEP = 0.0022;

interface Finger extends Point {
  /** Where it was put down, or where the other one left it. */
  from: Point;
  trail: { at: number; point: Point }[];
}

/** Listens until the answer is called. Bars and buttons (`data-chrome`) keep what is theirs. */
export function bindHands(stage: HTMLElement, hands: Hands): () => void {
  const fingers = new Map<number, Finger>();
  const listening = new AbortController();
  const { signal } = listening;
  let axis: Axis | null = null;
  let base: View = AT_REST;
  let isTap = false;
  let downAt = 0;
  let lastTap: { at: number; point: Point } | null = null;
  let tapTimer: ReturnType<typeof setTimeout> | undefined;

  const pointOf = ({ clientX, clientY }: MouseEvent): Point => {
    const { left, top } = stage.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };
  const isOfChrome = ({ target }: Event) => target instanceof Element && target.closest('[data-chrome]') !== null;

  /** The hand begins anew from where things are: a finger came or went. */
  function rebase(): void {
    base = hands.view();
    axis = null;
    for (const finger of fingers.values()) {
      finger.from = { x: finger.x, y: finger.y };
      finger.trail = [];
    }
  }

  function onDown(event: PointerEvent): void {
    if (isOfChrome(event) || fingers.size >= 2 || (event.pointerType === 'mouse' && event.button !== 0)) return;
    const point = pointOf(event);
    fingers.set(event.pointerId, { ...point, from: point, trail: [] });
    stage.setPointerCapture(event.pointerId);
    isTap = fingers.size === 1;
    downAt = event.timeStamp;
    if (fingers.size === 2 && axis) hands.onDrag(null);
    rebase();
  }

  function onMove(event: PointerEvent): void {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    const point = pointOf(event);
    finger.trail = [...finger.trail.filter(({ at }) => event.timeStamp - at < MOMENT_MS), { at: event.timeStamp, point }];
    finger.x = point.x;
    finger.y = point.y;
    const by = { x: point.x - finger.from.x, y: point.y - finger.from.y };
    if (Math.hypot(by.x, by.y) >= STILL_PX) isTap = false;
    const room = hands.room();
    if (!room) return;
    const [one, other] = fingers.values();
    if (one && other) hands.onView(pinched(base, [one.from, other.from], [one, other], room), false);
    else if (isZoomed(base)) hands.onView(movedBy(base, by, room), false);
    else {
      axis ??= axisOf(by);
      if (axis) hands.onDrag(followed(by, axis, hands.hasMore()));
    }
  }

  function onUp(event: PointerEvent): void {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    fingers.delete(event.pointerId);
    const room = hands.room();
    if (fingers.size > 0 || !room) return rebase();
    if (event.type === 'pointercancel') return axis ? hands.onDrag(null) : undefined;
    if (isTap && event.timeStamp - downAt < TAP_WITHIN_MS) return tapped(pointOf(event), event.timeStamp, room);
    if (!axis) return undefined;
    const by = { x: finger.x - finger.from.x, y: finger.y - finger.from.y };
    const outcome = outcomeOf(by, speedOf(finger, event.timeStamp), axis, room.stage.width);
    axis = null;
    const { before, after } = hands.hasMore();
    if (outcome === 'stay' || (outcome === 'before' && !before) || (outcome === 'after' && !after)) hands.onDrag(null);
    else hands.onOutcome(outcome);
    return undefined;
  }

  /** The first of two taps cannot know of the second, so one alone is believed a moment later. */
  function tapped(point: Point, at: number, room: Room): void {
    clearTimeout(tapTimer);
    if (lastTap && at - lastTap.at < DOUBLE_WITHIN_MS && Math.hypot(point.x - lastTap.point.x, point.y - lastTap.point.y) < DOUBLE_WITHIN_PX) {
      lastTap = null;
      hands.onView(toggledAt(hands.view(), point, room), true);
      return;
    }
    lastTap = { at, point };
    tapTimer = setTimeout(hands.onTap, DOUBLE_WITHIN_MS);
  }

  function onWheel(event: WheelEvent): void {
    // Also over a bar: the browser would zoom the page behind.
    if (event.ctrlKey || !isOfChrome(event)) event.preventDefault();
    if (isOfChrome(event)) return;
    const room = hands.room();
    if (!room) return;
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 16;
    // A pinch on a touchpad comes as a wheel with the control key, and in smaller steps.
    const step = event.deltaY * lines * WHEEL_STEP * (event.ctrlKey ? 4 : 1);
    const view = hands.view();
    hands.onView(zoomedAt(view, view.scale * Math.exp(-Math.max(-1, Math.min(1, step))), pointOf(event), room), false);
  }

  stage.addEventListener('pointerdown', onDown, { signal });
  stage.addEventListener('pointermove', onMove, { signal });
  stage.addEventListener('pointerup', onUp, { signal });
  stage.addEventListener('pointercancel', onUp, { signal });
  stage.addEventListener('wheel', onWheel, { signal, passive: false });
  return () => {
    clearTimeout(tapTimer);
    listening.abort();
  };
}

function speedOf({ trail, x, y }: Finger, now: number): Point {
  const [first] = trail.filter(({ at }) => now - at < MOMENT_MS);
  if (!first || now <= first.at) return { x: 0, y: 0 };
  return { x: (x - first.point.x) / (now - first.at), y: (y - first.point.y) / (now - first.at) };
}
