import { afterEach, describe, expect, it } from 'vitest';
import { longDate, nextChange, nextMidnight, relativeTime } from './time';

const now = Date.parse('2026-06-15T12:00:00Z');
const ago = (milliseconds: number) => new Date(now - milliseconds).toISOString();
const text = (milliseconds: number) => relativeTime(ago(milliseconds), now, 'now', 'en');
const HOUR = 3_600_000;

const zoneBefore = process.env.TZ;
afterEach(() => {
  process.env.TZ = zoneBefore;
});

describe('relative time', () => {
  it('says now for the first minute and for clocks that run ahead', () => {
    expect(text(20_000)).toBe('now');
    expect(text(-90_000)).toBe('now');
  });

  it('counts minutes, hours and days up to a week', () => {
    expect(text(12 * 60_000)).toBe('12 min');
    expect(text(HOUR)).toBe('1 hr');
    expect(text(23.9 * HOUR)).toBe('23 hr');
    expect(text(6.2 * 24 * HOUR)).toBe('6 days');
  });

  it('shows a date after a week, and the year only when it is another one', () => {
    expect(text(8 * 24 * HOUR)).toBe('Jun 7');
    expect(text(400 * 24 * HOUR)).toBe('May 11, 2025');
  });

  it('follows the language and the region', () => {
    expect(relativeTime(ago(12 * 60_000), now, 'jetzt', 'de')).toBe('12 Min.');
    expect(relativeTime(ago(8 * 24 * HOUR), now, 'now', 'en-GB')).toBe('7 Jun');
  });

  it('counts days as a calendar does', () => {
    process.env.TZ = 'Europe/Berlin';
    const mondayEvening = '2026-06-15T23:00:00+02:00';
    const say = (at: string) => relativeTime(mondayEvening, Date.parse(at), 'now', 'en');
    expect(say('2026-06-16T22:59:00+02:00')).toBe('23 hr');
    expect(say('2026-06-16T23:59:00+02:00')).toBe('1 day');
    expect(say('2026-06-17T00:00:00+02:00')).toBe('2 days');
    expect(say('2026-06-21T23:59:00+02:00')).toBe('6 days');
    expect(say('2026-06-22T00:00:00+02:00')).toBe('Jun 15');
  });

  it('adds the year at the first midnight of another one', () => {
    process.env.TZ = 'America/New_York';
    const written = '2026-12-01T12:00:00-05:00';
    expect(relativeTime(written, Date.parse('2026-12-31T23:59:59-05:00'), 'now', 'en')).toBe('Dec 1');
    expect(relativeTime(written, Date.parse('2027-01-01T00:00:00-05:00'), 'now', 'en')).toBe('Dec 1, 2026');
    expect(longDate(new Date(2026, 11, 1), Date.parse('2027-01-01T00:00:00-05:00'), 'en-GB')).toBe('Tuesday, 1 December 2026');
  });
});

/** The day on which the clocks change, by zone: how long it is, and how the next begins. */
const CHANGES: [zone: string, noon: string, hours: number][] = [
  ['Europe/Berlin', '2026-03-29T12:00:00+02:00', 23],
  ['Europe/Berlin', '2026-10-25T12:00:00+01:00', 25],
  ['America/New_York', '2026-03-08T12:00:00-04:00', 23],
  ['America/New_York', '2026-11-01T12:00:00-05:00', 25],
  // The day before the one whose first hour is missing: it begins at one o'clock.
  ['Africa/Cairo', '2026-04-23T12:00:00+02:00', 24],
  ['Africa/Cairo', '2026-04-24T12:00:00+03:00', 23],
  ['Asia/Kathmandu', '2026-06-15T12:00:00+05:45', 24],
];

describe('the next change', () => {
  it('is that of minutes and hours, then midnight', () => {
    expect(nextChange(ago(61_000), now)).toBe(now + 59_000);
    expect(nextChange(ago(1.5 * HOUR), now)).toBe(now + HOUR / 2);
    expect(nextChange(ago(-5_000), now)).toBe(now + 65_000);
    expect(nextChange(ago(48 * HOUR), now)).toBe(nextMidnight(now));
    expect(nextChange(ago(400 * 24 * HOUR), now)).toBe(nextMidnight(now));
  });

  it.each(CHANGES)('comes with the new day of %s after %s', (zone, noon, hours) => {
    process.env.TZ = zone;
    const at = Date.parse(noon);
    const end = nextMidnight(at);
    const date = (instant: number) => new Date(instant).getDate();
    expect(date(end - 1)).toBe(date(at));
    expect(date(end)).not.toBe(date(at));
    const begin = [...Array(30).keys()].map((hour) => nextMidnight(at - hour * HOUR)).find((midnight) => midnight < end);
    expect((end - (begin ?? 0)) / HOUR).toBe(hours);
  });

  it.each(['Europe/Berlin', 'America/New_York', 'Africa/Cairo', 'Australia/Lord_Howe'])('is never missed and never early, through a year of %s', (zone) => {
    process.env.TZ = zone;
    const written = '2026-01-03T11:17:23Z';
    const say = (at: number) => relativeTime(written, at, 'now', 'en');
    const until = Date.parse(written) + 400 * 24 * HOUR;
    for (let at = Date.parse(written); at < until; ) {
      const next = nextChange(written, at);
      expect(next).toBeGreaterThan(at);
      // What is said now is said until the change; from there on it is asked anew.
      expect(say(next - 1)).toBe(say(at));
      at = next;
    }
  });
});
