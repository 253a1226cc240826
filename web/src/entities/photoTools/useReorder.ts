import { useEffect, useRef, useState, type RefObject } from 'react';
import { attachReorder } from './reorder';

/** The list can be put in order by dragging; `liftedId` is the one in hand. */
export function useReorder(ids: readonly string[], move: (id: string, to: number) => void): { listRef: RefObject<HTMLUListElement | null>; liftedId: string | null } {
  const listRef = useRef<HTMLUListElement>(null);
  const latest = useRef({ ids, move });
  const [liftedId, setLiftedId] = useState<string | null>(null);
  useEffect(() => {
    latest.current = { ids, move };
  });
  useEffect(() => {
    const list = listRef.current;
    if (!list) return undefined;
    return attachReorder(list, { order: () => latest.current.ids, move: (id, to) => latest.current.move(id, to), onLift: setLiftedId });
  }, []);
  useEffect(() => {
    // After every change of the order, so that the one in hand stays in view.
    if (liftedId) listRef.current?.querySelector(`[data-photo="${liftedId}"]`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
  return { listRef, liftedId };
}
