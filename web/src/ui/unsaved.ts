import { createContext, useContext, useEffect } from 'react';

/** Counts the changed forms inside a sheet. */
export const Unsaved = createContext<(by: number) => void>(() => undefined);

/** For a form deep inside a sheet: while it is on, closing the sheet asks. */
export function useUnsaved(isOn: boolean): void {
  const change = useContext(Unsaved);
  useEffect(() => {
    if (!isOn) return undefined;
    change(1);
    return () => change(-1);
  }, [isOn, change]);
}
