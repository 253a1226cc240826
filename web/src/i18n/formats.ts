// The one place that makes `Intl` formatters, so that no screen forgets the reader's region.
import { localeFor, thisPlatform } from './region';

let known: { language: string; locale: string } | undefined;
if (typeof window !== 'undefined') window.addEventListener('languagechange', () => (known = undefined));

/** For whatever asks for a locale, such as the components of react-aria. */
export function formatLocale(language = document.documentElement.lang || 'en'): string {
  if (known?.language !== language) known = { language, locale: localeFor(language, thisPlatform()) };
  return known.locale;
}

/** Making one is slow, and a list of messages needs hundreds. */
const made = new Map<string, unknown>();

function kept<F>(kind: string, locale: string, options: object, make: () => F): F {
  const key = `${kind} ${locale} ${JSON.stringify(options)}`;
  const found = made.get(key) as F | undefined;
  if (found) return found;
  const formatter = make();
  made.set(key, formatter);
  return formatter;
}

export function formatDate(at: number | Date, options: Intl.DateTimeFormatOptions, locale = formatLocale()): string {
  // A formatter keeps the time zone it was made in; a traveller's page does not.
  const zone = new Date().getTimezoneOffset();
  return kept(`date ${zone}`, locale, options, () => new Intl.DateTimeFormat(locale, options)).format(at);
}

export function formatNumber(value: number, options: Intl.NumberFormatOptions = {}, locale = formatLocale()): string {
  return kept('number', locale, options, () => new Intl.NumberFormat(locale, options)).format(value);
}

/** A number where there is little room: whole up to 9,999, then "12K". The words for screen readers say it whole. */
export function shortNumber(value: number, locale = formatLocale()): string {
  return formatNumber(value, value < 10_000 ? {} : { notation: 'compact', maximumFractionDigits: 1 }, locale);
}

/** "Ana, Mara and Ruth". */
export function listOf(names: readonly string[], locale = formatLocale()): string {
  return kept('list', locale, {}, () => new Intl.ListFormat(locale)).format(names);
}
