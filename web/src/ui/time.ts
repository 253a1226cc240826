// Times as people say them. Pure: `now` comes in, and the locale is that of the reader's region unless a test names one.
import { formatDate, formatLocale, formatNumber } from '@/i18n';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Relative up to a week ("now", "12 min", "3 h", "2 d"), then a date; the year only when it is another one. Days are those
 * of the calendar: what was written on Monday evening is two days old on Wednesday morning.
 * A time slightly in the future is a clock that runs differently, and reads as now.
 */
export function relativeTime(iso: string, now: number, nowWord: string, locale = formatLocale()): string {
  const at = Date.parse(iso);
  const age = now - at;
  if (age < MINUTE) return nowWord;
  if (age < HOUR) return short(Math.floor(age / MINUTE), 'minute', locale);
  if (age < DAY) return short(Math.floor(age / HOUR), 'hour', locale);
  // The day on which the clocks go back has an hour more.
  const days = Math.max(1, dayNumber(now) - dayNumber(at));
  if (days < 7) return short(days, 'day', locale);
  return formatDate(at, { day: 'numeric', month: 'short', ...yearUnlessThis(at, now) }, locale);
}

function short(value: number, unit: 'minute' | 'hour' | 'day', locale: string): string {
  return formatNumber(value, { style: 'unit', unit, unitDisplay: 'short' }, locale);
}

/** For headings: "Saturday, 7 June". */
export function longDate(at: Date, now: number, locale = formatLocale()): string {
  return formatDate(at, { weekday: 'long', day: 'numeric', month: 'long', ...yearUnlessThis(at, now) }, locale);
}

function yearUnlessThis(at: number | Date, now: number): { year?: 'numeric' } {
  return new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : { year: 'numeric' };
}

export function fullTime(iso: string, locale = formatLocale()): string {
  return formatDate(Date.parse(iso), { dateStyle: 'full', timeStyle: 'short' }, locale);
}

export function clockTime(iso: string, locale = formatLocale()): string {
  return formatDate(Date.parse(iso), { timeStyle: 'short' }, locale);
}

export function dateOnly(iso: string, locale = formatLocale()): string {
  return formatDate(Date.parse(iso), { dateStyle: 'medium' }, locale);
}

/** When the text of `relativeTime` changes next, so that a page left open does not lie. */
export function nextChange(iso: string, now: number): number {
  const age = now - Date.parse(iso);
  if (age < 0) return now - age + MINUTE;
  if (age < HOUR) return now + MINUTE - (age % MINUTE);
  // The last of the hours ends in a day.
  if (age < DAY) return now + HOUR - (age % HOUR);
  return nextMidnight(now);
}

/** Where the next local day begins: 23, 24 or 25 hours after this one, and not always at twelve o'clock. */
export function nextMidnight(now: number): number {
  const at = new Date(now);
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1).getTime();
}

/** Local days since 1970, to count with. */
function dayNumber(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY;
}
