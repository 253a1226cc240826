// Where one is among the pages before the log-in. They are few and load no router; inside the app its router moves.
import { createContext, useContext } from 'react';

export interface Place {
  /** Path, query and fragment. */
  address: string;
  go: (to: string, options?: { replace?: boolean }) => void;
}

export const PlaceContext = createContext<Place>({ address: '/', go: (to) => location.assign(to) });

export function usePlace(): Place {
  return useContext(PlaceContext);
}
