import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setAlarm } from './clock';
import { nextMidnight } from './time';
import { useClock } from './useNow';

const zoneBefore = process.env.TZ;
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  process.env.TZ = zoneBefore;
});

const at = (iso: string) => vi.setSystemTime(new Date(iso));
const lookAtThePage = () => document.dispatchEvent(new Event('visibilitychange'));

describe('an alarm', () => {
  it('rings once, when it is due', () => {
    at('2026-06-15T12:00:00Z');
    const ring = vi.fn();
    setAlarm(Date.now() + 5_000, ring);
    vi.advanceTimersByTime(4_999);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200_000);
    expect(ring).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rings as soon as the page is looked at after the device has slept through it', () => {
    at('2026-06-15T23:59:00Z');
    const ring = vi.fn();
    setAlarm(Date.now() + 60_000, ring);
    // Time goes on, timers do not.
    at('2026-06-16T07:00:00Z');
    expect(ring).not.toHaveBeenCalled();
    lookAtThePage();
    expect(ring).toHaveBeenCalledWith(Date.parse('2026-06-16T07:00:00Z'));
  });

  it('rings when the clock is set back or the time zone is another one', () => {
    process.env.TZ = 'Europe/Berlin';
    at('2026-06-15T12:00:00Z');
    const ring = vi.fn();
    setAlarm(Date.now() + 3_600_000, ring);
    process.env.TZ = 'America/New_York';
    lookAtThePage();
    expect(ring).toHaveBeenCalledTimes(1);
    setAlarm(Date.now() + 3_600_000, ring);
    at('2026-06-15T11:00:00Z');
    lookAtThePage();
    expect(ring).toHaveBeenCalledTimes(2);
  });

  it('can be taken back, and then leaves nothing behind', () => {
    const ring = vi.fn();
    const takeBack = setAlarm(Date.now() + 1_000, ring);
    takeBack();
    vi.advanceTimersByTime(120_000);
    lookAtThePage();
    expect(ring).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe.each([
  ['Europe/Berlin', '2026-03-28T23:30:00+01:00', ['28', '29', '30']],
  ['Europe/Berlin', '2026-10-24T23:30:00+02:00', ['24', '25', '26']],
  ['America/New_York', '2026-10-31T23:30:00-04:00', ['31', '1', '2']],
])('a page that shows the day, in %s from %s', (zone, start, days) => {
  it('turns at each local midnight', () => {
    process.env.TZ = zone;
    at(start);
    const container = document.createElement('div');
    const root = createRoot(container);
    const Day = () => <b>{new Date(useClock(nextMidnight)).getDate()}</b>;
    (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
    act(() => root.render(<Day />));
    const seen = new Set([container.textContent]);
    for (let minute = 0; minute < 60 * 47; minute += 10) {
      act(() => void vi.advanceTimersByTime(600_000));
      // Never a moment with another date than that of the wall.
      expect(container.textContent).toBe(String(new Date(Date.now() - 30).getDate()));
      seen.add(container.textContent);
    }
    expect([...seen]).toEqual(days);
    act(() => root.unmount());
  });
});
