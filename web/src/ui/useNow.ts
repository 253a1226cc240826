import { useEffect, useState } from 'react';
import { setAlarm } from './clock';

/** The time, renewed whenever the instant has come that `next` names for it. */
export function useClock(next: (now: number) => number): number {
  const [clock, setClock] = useState(() => ({ now: Date.now() }));
  const due = next(clock.now);
  // Each reading sets an alarm, also for the same instant as before: that happens when the clock was set.
  useEffect(() => (clock.now < due ? setAlarm(due, (now) => setClock({ now })) : undefined), [clock, due]);
  return clock.now;
}

/** The time, renewed now and then, for what ends by itself while it is looked at. */
export function useNow(everyMs = 30_000): number {
  return useClock((now) => now + everyMs);
}
