// Putting a list in order with a mouse (press and move) or a finger (hold, then move, so that a swipe still scrolls).
// The keyboard has buttons for it. Knows nothing of React: gestures begin, change and end between its renders.

const HOLD_MS = 350;
/** A hand is never quite still. */
const SLIP_PX = 8;

interface Grip {
  id: string;
  pointerId: number;
  x: number;
  y: number;
  /** From the pointer to the middle of what it holds. */
  toMiddle: { x: number; y: number };
  /** Where it was, for Escape. */
  from: number;
  isLifted: boolean;
  timer: ReturnType<typeof setTimeout> | null;
}

interface Options {
  order: () => readonly string[];
  move: (id: string, to: number) => void;
  /** Which one is in hand. */
  onLift: (id: string | null) => void;
}

/** The list's children carry `data-photo`; what is pressed to do something else is a button without `data-grip`. */
export function attachReorder(list: HTMLElement, { order, move, onLift }: Options): () => void {
  let grip: Grip | null = null;

  const lift = (held: Grip) => {
    held.isLifted = true;
    onLift(held.id);
  };
  const drop = (isKept: boolean) => {
    const held = grip;
    grip = null;
    if (held?.timer) clearTimeout(held.timer);
    if (!held?.isLifted) return;
    onLift(null);
    if (!isKept) move(held.id, held.from);
  };

  const onPointerDown = (event: PointerEvent) => {
    const target = event.target as Element;
    const item = target.closest<HTMLElement>('[data-photo]');
    const id = item?.dataset.photo;
    if (grip || !item || !id || event.button !== 0 || order().length < 2) return;
    if (target.closest('input, textarea, a, button:not([data-grip])')) return;
    const box = item.getBoundingClientRect();
    const toMiddle = { x: (box.left + box.right) / 2 - event.clientX, y: (box.top + box.bottom) / 2 - event.clientY };
    const held: Grip = { id, toMiddle, pointerId: event.pointerId, x: event.clientX, y: event.clientY, from: order().indexOf(id), isLifted: false, timer: null };
    if (event.pointerType === 'touch') held.timer = setTimeout(() => lift(held), HOLD_MS);
    grip = held;
  };
  const onPointerMove = (event: PointerEvent) => {
    const held = grip;
    if (!held || event.pointerId !== held.pointerId) return;
    if (!held.isLifted) {
      if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < SLIP_PX) return;
      if (event.pointerType === 'touch') {
        drop(true);
        return;
      }
      lift(held);
    }
    const to = placeAt(list, held.id, event.clientX + held.toMiddle.x, event.clientY + held.toMiddle.y);
    if (to !== null) move(held.id, to);
  };
  const onPointerUp = (event: PointerEvent) => {
    if (event.pointerId !== grip?.pointerId) return;
    if (grip.isLifted) swallowClick();
    drop(true);
  };
  const onPointerCancel = () => drop(true);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !grip?.isLifted) return;
    event.preventDefault();
    event.stopPropagation();
    drop(false);
  };
  /** The browser's own dragging, its menu after a long press, and scrolling while something is in hand. */
  const keepFromBrowser = (event: Event) => {
    if (event.type === 'dragstart' || grip?.isLifted) event.preventDefault();
  };

  const stop = new AbortController();
  const { signal } = stop;
  list.addEventListener('pointerdown', onPointerDown, { signal });
  // From the beginning: a listener that is added during a touch is not asked about it.
  list.addEventListener('touchmove', keepFromBrowser, { passive: false, signal });
  list.addEventListener('contextmenu', keepFromBrowser, { signal });
  list.addEventListener('dragstart', keepFromBrowser, { signal });
  window.addEventListener('pointermove', onPointerMove, { signal });
  window.addEventListener('pointerup', onPointerUp, { signal });
  window.addEventListener('pointercancel', onPointerCancel, { signal });
  window.addEventListener('keydown', onKeyDown, { capture: true, signal });
  return () => {
    drop(true);
    stop.abort();
  };
}

/** The place whose middle is nearest to the middle of what is in hand. */
function placeAt(list: HTMLElement, id: string, x: number, y: number): number | null {
  const items = [...list.querySelectorAll<HTMLElement>('[data-photo]')];
  const own = items.findIndex((item) => item.dataset.photo === id);
  const distances = items.map((item) => {
    const box = item.getBoundingClientRect();
    return Math.hypot((box.left + box.right) / 2 - x, (box.top + box.bottom) / 2 - y);
  });
  const nearest = distances.indexOf(Math.min(...distances));
  return own < 0 || nearest === own ? null : nearest;
}

/** What was dragged has not been pressed. The click, if there is one, comes in the same turn. */
function swallowClick(): void {
  const swallow = (click: Event) => {
    click.stopPropagation();
    click.preventDefault();
  };
  window.addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener('click', swallow, { capture: true }), 50);
}
