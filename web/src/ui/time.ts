// Times as people say them. Pure: `now` and the language come in.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Relative up to a week ("now", "12 min", "3 h", "2 d"), then a date; the year only when it is another one.
 * A time slightly in the future is a clock that runs differently, and reads as now.
 */
export function relativeTime(iso: string, now: number, locale: string, nowWord: string): string {
  const at = Date.parse(iso);
  const age = now - at;
  if (age < MINUTE) return nowWord;
  if (age < HOUR) return short(Math.floor(age / MINUTE), 'minute', locale);
  if (age < DAY) return short(Math.floor(age / HOUR), 'hour', locale);
  if (age < 7 * DAY) return short(Math.floor(age / DAY), 'day', locale);
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', ...(sameYear ? {} : { year: 'numeric' }) }).format(at);
}

function short(value: number, unit: 'minute' | 'hour' | 'day', locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(value);
}

export function fullTime(iso: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' }).format(Date.parse(iso));
}

export function clockTime(iso: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: 'short' }).format(Date.parse(iso));
}

export function dateOnly(iso: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(Date.parse(iso));
}

/** When the shown text changes next, in milliseconds, so that a page left open does not lie. */
export function nextChange(iso: string, now: number): number | null {
  const age = now - Date.parse(iso);
  if (age < HOUR) return MINUTE - (Math.max(0, age) % MINUTE);
  if (age < DAY) return HOUR - (age % HOUR);
  return null;
}
