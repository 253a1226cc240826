import type { MouseEvent, ReactNode } from 'react';
import { usePlace } from './place';

/** A link between pages before the log-in. What a browser does with modifier keys stays the browser's. */
export function PlaceLink({ to, children }: { to: string; children: ReactNode }) {
  const { go } = usePlace();
  const press = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} onClick={press}>
      {children}
    </a>
  );
}
