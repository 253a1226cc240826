// Where the reader is. The scroller is a reversed column with one child: the browser keeps it at its end while messages
// arrive there. Away from the end, the message in the middle of the view is held in its place, whatever is added around
// it; not every browser does that by itself.
import { useCallback, useLayoutEffect, useRef, useState } from 'react';

/** Closer to the end than this counts as being at the end. */
const AT_END_PX = 80;
const ROW = '[data-message]';

const rowOf = (scroller: HTMLElement, id: string) => scroller.querySelector<HTMLElement>(`[data-message="${CSS.escape(id)}"]`);

export function useLogScroll() {
  const scroller = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const [lastSeen, setLastSeen] = useState<string | null>(null);
  const anchor = useRef<{ id: string; offset: number } | null>(null);
  const frame = useRef(0);

  const look = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const atEnd = Math.abs(element.scrollTop) < AT_END_PX;
    setAtEnd(atEnd);
    const box = element.getBoundingClientRect();
    const rows = [...element.querySelectorAll<HTMLElement>(ROW)];
    const middle = rows.find((row) => row.getBoundingClientRect().bottom > box.top + box.height / 2);
    anchor.current = atEnd || !middle ? null : { id: middle.dataset['message'] ?? '', offset: middle.getBoundingClientRect().top };
    setLastSeen(rows.findLast((row) => row.getBoundingClientRect().bottom <= box.bottom + 8)?.dataset['message'] ?? null);
  }, []);

  const onScroll = useCallback(() => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(look);
  }, [look]);

  // After every change of the log, hence without a list of what it depends on.
  useLayoutEffect(() => {
    const element = scroller.current;
    const held = anchor.current;
    if (!element || !held) return;
    const row = rowOf(element, held.id);
    if (!row) return;
    const moved = row.getBoundingClientRect().top - held.offset;
    if (Math.abs(moved) >= 1) element.scrollBy({ top: moved });
  });

  const toEnd = useCallback(() => {
    anchor.current = null;
    scroller.current?.scrollTo({ top: 0 });
    setAtEnd(true);
  }, []);

  /** Brings a message into the middle and marks it for a moment. False when it is not here. */
  const toMessage = useCallback(
    (id: string, options: { mark?: boolean; block?: ScrollLogicalPosition } = {}) => {
      const element = scroller.current;
      const row = element && rowOf(element, id);
      if (!row) return false;
      anchor.current = null;
      row.scrollIntoView({ block: options.block ?? 'center' });
      look();
      if (options.mark) {
        row.setAttribute('data-found', '');
        setTimeout(() => row.removeAttribute('data-found'), 2_000);
        row.focus({ preventScroll: true });
      }
      return true;
    },
    [look],
  );

  return { scroller, isAtEnd, lastSeen, onScroll, toEnd, toMessage };
}
