// A press belongs to what was there when it began. A finger that held a message until a sheet rose under it must not
// choose in that sheet when it is lifted; the second half of a double tap must not hit what the first one opened; a key
// held down must not go on in what it opened. Decided by pointer and key, never by time.

interface Press {
  id: number;
  isTouch: boolean;
  target: Element;
  x: number;
  y: number;
  opened: number;
}

/** Beyond this a mouse drags on purpose: down on the button of a menu, up on an entry. */
const DRAGGED_PX = 10;

const down = new Map<number, Press>();
const keysDown = new Map<string, number>();
/** How many layers have opened, and how many have opened or closed. */
let opened = 0;
let changed = 0;
/** The last press that ended. `isSpent`: nothing may come of it any more. */
let last: (Press & { isSpent: boolean }) | null = null;
/** `changed` when the first click of a double click came. */
let series = 0;

/** Called when a layer has opened: presses that are under way end here. */
export function spendPresses(): void {
  opened += 1;
  changed += 1;
  for (const press of down.values()) if (press.isTouch) cancel(press);
}

/** Called when a layer has closed: a second tap at the same place was meant for the layer. */
export function noteClosed(): void {
  changed += 1;
}

/** Tells whoever follows the press that it came to nothing; react-aria would otherwise click by itself. */
function cancel({ id, isTouch, target }: Press): void {
  const source = target.isConnected ? target : document;
  source.dispatchEvent(new PointerEvent('pointercancel', { pointerId: id, pointerType: isTouch ? 'touch' : 'mouse', bubbles: true }));
}

const isRelated = (press: Press, target: EventTarget | null) => target instanceof Node && (press.target.contains(target) || target.contains(press.target));

function swallow(event: Event): void {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function onPointerDown(event: PointerEvent): void {
  last = null;
  if (!(event.target instanceof Element)) return;
  down.set(event.pointerId, { id: event.pointerId, isTouch: event.pointerType !== 'mouse', target: event.target, x: event.clientX, y: event.clientY, opened });
}

function onPointerUp(event: PointerEvent): void {
  const press = down.get(event.pointerId);
  down.delete(event.pointerId);
  if (!press) return;
  const isStale = press.opened !== opened;
  const isMeant = !press.isTouch && (isRelated(press, event.target) || Math.hypot(event.clientX - press.x, event.clientY - press.y) > DRAGGED_PX);
  last = { ...press, isSpent: isStale && !isMeant };
  if (!last.isSpent) return;
  if (!press.isTouch) cancel(press);
  swallow(event);
}

function isSpentClick(event: MouseEvent): boolean {
  if (!last) return false;
  const pointer = event instanceof PointerEvent ? event.pointerId : last.id;
  // A click without a pointer comes from a keyboard or a screen reader, or from a script that makes up for one.
  if (event.isTrusted && pointer !== last.id) return false;
  if (last.isSpent) return true;
  if (!event.isTrusted) return false;
  if (last.opened !== opened && !isRelated(last, event.target)) return true;
  if (event.detail > 1) return series !== changed;
  // A short message that came up between the finger's touching and leaving.
  const toast = event.target instanceof Element && event.target.closest('[data-react-aria-top-layer]');
  return Boolean(toast && !toast.contains(last.target) && last.target.isConnected);
}

function onClick(event: MouseEvent): void {
  if (isSpentClick(event)) {
    if (last && !last.isSpent) {
      last.isSpent = true;
      cancel(last);
    }
    swallow(event);
  } else if (event.isTrusted && event.detail <= 1) series = changed;
}

const hasSpentTouch = () => [...down.values()].some((press) => press.isTouch && press.opened !== opened) || (last?.isTouch && last.isSpent) === true;

/** What browsers make of a finger that stays: their own menu, a selection, a click. */
function onTouchExtra(event: Event): void {
  if (!hasSpentTouch()) return;
  if (event.type === 'touchend') {
    if (event.cancelable) event.preventDefault();
  } else swallow(event);
}

function onKeyDown(event: KeyboardEvent): void {
  last = null;
  if (!event.repeat) keysDown.set(event.key, opened);
  else if (keysDown.has(event.key) && keysDown.get(event.key) !== opened) swallow(event);
}

export function watchPresses(): void {
  const options = { capture: true, passive: false };
  const trusted =
    <E extends Event>(task: (event: E) => void) =>
    (event: Event) => {
      if (event.isTrusted) task(event as E);
    };
  window.addEventListener('pointerdown', trusted(onPointerDown), options);
  window.addEventListener('pointerup', trusted(onPointerUp), options);
  window.addEventListener(
    'pointercancel',
    trusted((event: PointerEvent) => down.delete(event.pointerId)),
    options,
  );
  window.addEventListener('click', onClick, options);
  for (const type of ['touchend', 'contextmenu', 'selectstart']) window.addEventListener(type, onTouchExtra, options);
  window.addEventListener('keydown', trusted(onKeyDown), options);
}
