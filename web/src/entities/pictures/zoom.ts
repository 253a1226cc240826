// The geometry of the viewer. Pure: pixels of the stage, whose origin is its upper left corner.

export interface Point {
  x: number;
  y: number;
}

/** How the picture is moved from where it lies at rest; scaled around its own middle. */
export interface View extends Point {
  scale: number;
}

/** The stage, and the picture as it lies at rest: its middle and its size. */
export interface Room {
  stage: { width: number; height: number };
  picture: { x: number; y: number; width: number; height: number };
  maxScale: number;
}

export const AT_REST: View = { scale: 1, x: 0, y: 0 };

const MIN_MAX_SCALE = 3;
const MAX_MAX_SCALE = 8;
/** What a double tap, or the button, leads to. */
const CLOSER = 2.5;

export const isZoomed = ({ scale }: View): boolean => scale > 1.001;

/** Twice the picture's own pixels, so that small print can be read; at least three times as large as at rest. */
export function maxScaleOf(pixelsWide: number, shownWide: number, density: number): number {
  if (shownWide <= 0) return MIN_MAX_SCALE;
  return Math.min(MAX_MAX_SCALE, Math.max(MIN_MAX_SCALE, (2 * pixelsWide) / (shownWide * density)));
}

/** The nearest view that is allowed: within the scales, and without a needless gap between the picture and an edge. */
export function bounded(view: View, { stage, picture, maxScale }: Room): View {
  const scale = Math.min(maxScale, Math.max(1, view.scale));
  if (scale === 1) return AT_REST;
  return {
    scale,
    x: axis(view.x, picture.x, picture.width * scale, stage.width),
    y: axis(view.y, picture.y, picture.height * scale, stage.height),
  };
}

function axis(offset: number, middle: number, size: number, extent: number): number {
  const low = Math.min(size / 2, extent - size / 2) - middle;
  const high = Math.max(size / 2, extent - size / 2) - middle;
  // What is smaller than the stage stays as near to its place as it can; what is larger follows the hand.
  return Math.min(high, Math.max(low, size <= extent ? 0 : offset));
}

/** Scales around a point: what lies under it stays under it. */
export function zoomedAt(view: View, scale: number, point: Point, room: Room): View {
  const to = Math.min(room.maxScale, Math.max(1, scale));
  const factor = to / view.scale;
  const { x, y } = room.picture;
  return bounded({ scale: to, x: point.x - x - (point.x - x - view.x) * factor, y: point.y - y - (point.y - y - view.y) * factor }, room);
}

export function movedBy(view: View, by: Point, room: Room): View {
  return bounded({ ...view, x: view.x + by.x, y: view.y + by.y }, room);
}

/** Two fingers went from `from` to `to`: the picture keeps under them, as far as it may. */
export function pinched(view: View, from: readonly [Point, Point], to: readonly [Point, Point], room: Room): View {
  const before = middleOf(from);
  const after = middleOf(to);
  const apart = distance(from);
  const scaled = zoomedAt(view, apart > 0 ? (view.scale * distance(to)) / apart : view.scale, before, room);
  return movedBy(scaled, { x: after.x - before.x, y: after.y - before.y }, room);
}

/** A double tap: closer to that point, or back to the whole. */
export function toggledAt(view: View, point: Point, room: Room): View {
  return isZoomed(view) ? AT_REST : zoomedAt(view, Math.min(CLOSER, room.maxScale), point, room);
}

const middleOf = ([a, b]: readonly [Point, Point]): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
const distance = ([a, b]: readonly [Point, Point]): number => Math.hypot(a.x - b.x, a.y - b.y);

/** Below this a finger that trembles has not moved. */
export const STILL_PX = 8;
const FAST_PX_PER_MS = 0.45;
const FAR_ENOUGH = 0.28;
const CLOSE_AFTER_PX = 120;

export type Axis = 'across' | 'down';

/** Which way a finger goes, once it is clear; upwards nothing happens. */
export function axisOf({ x, y }: Point): Axis | null {
  if (Math.hypot(x, y) < STILL_PX) return null;
  return Math.abs(x) > Math.abs(y) ? 'across' : 'down';
}

/** What follows the finger: less, where there is nothing further. */
export function followed(by: Point, axisOfDrag: Axis, hasMore: { before: boolean; after: boolean }): Point {
  if (axisOfDrag === 'down') return { x: 0, y: by.y > 0 ? by.y : 0 };
  return { x: (by.x < 0 ? hasMore.after : hasMore.before) ? by.x : by.x / 4, y: 0 };
}

export type Outcome = 'before' | 'after' | 'close' | 'stay';

/** Where a swipe leads when the finger leaves. `speed` is that of the last moment, in pixels per millisecond. A finger that turned back means to stay. */
export function outcomeOf(by: Point, speed: Point, axisOfDrag: Axis, width: number): Outcome {
  if (axisOfDrag === 'down') {
    const goes = by.y > CLOSE_AFTER_PX ? speed.y > -FAST_PX_PER_MS : by.y > STILL_PX * 2 && speed.y > FAST_PX_PER_MS;
    return goes ? 'close' : 'stay';
  }
  const way = Math.sign(by.x);
  const isFast = speed.x * way > FAST_PX_PER_MS;
  const turnedBack = speed.x * way < -FAST_PX_PER_MS;
  if (turnedBack || (!isFast && Math.abs(by.x) < width * FAR_ENOUGH)) return 'stay';
  return way < 0 ? 'after' : 'before';
}
