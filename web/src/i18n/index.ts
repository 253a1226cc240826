import i18next, { type TFunction } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { ApiError } from '@/api';
import { isolate } from '@/text';
import { en } from './en';
import { formatNumber } from './formats';

export { formatDate, formatLocale, formatNumber, listOf, shortNumber } from './formats';

// English is complete and built in; further languages are added next to it and chosen by the browser's setting.
void i18next.use(initReactI18next).init({
  lng: 'en',
  fallbackLng: 'en',
  resources: { en: { translation: en } },
  // React escapes; here names are kept from turning the sentence around, and numbers are written as the reader writes them.
  interpolation: { escapeValue: true, useRawValueToEscape: true, escape: (value: unknown) => (typeof value === 'number' ? formatNumber(value) : isolate(String(value))) },
});

document.documentElement.lang = i18next.language;
document.documentElement.dir = i18next.dir();

/** What happened and what to do, for any error a screen can meet. */
export function errorText(t: TFunction, error: unknown): string {
  if (!(error instanceof ApiError)) return t('errors.unexpected');
  if (error.code === 'rate_limited' && error.retryAfterSeconds) {
    const seconds = Math.ceil(error.retryAfterSeconds);
    return seconds <= 90 ? t('errors.rate_limited_in', { count: seconds }) : t('errors.rate_limited_minutes', { count: Math.ceil(seconds / 60) });
  }
  if (error.code in en.errors) return t(`errors.${error.code as keyof typeof en.errors}` as 'errors.unexpected');
  // A code this client does not know yet: the server's sentence is better than none.
  return error.message || t('errors.unexpected');
}

/** What is wrong with which field: `fieldErrors(t, error).handle`. */
export function fieldErrors(t: TFunction, error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  // The server's messages continue the name of the field: "is longer than 60 characters".
  const sentence = (message: string) => (/^[a-z]/.test(message) ? t('errors.field', { message }) : message);
  return Object.fromEntries(error.fields.map((problem) => [problem.field, sentence(problem.message)]));
}
