import { ApiError } from '@/api';
import { dir, language, type TFunction } from './translate';

export { formatDate, formatLocale, formatNumber, listOf, shortNumber } from './formats';
export { Trans, useTranslation } from './react';
export { t, type TFunction, type TextKey } from './translate';

document.documentElement.lang = language;
document.documentElement.dir = dir();

/** What happened and what to do, for any error a screen can meet. */
export function errorText(t: TFunction, error: unknown): string {
  if (!(error instanceof ApiError)) return t('errors.unexpected');
  if (error.code === 'rate_limited' && error.retryAfterSeconds) {
    const seconds = Math.ceil(error.retryAfterSeconds);
    return seconds <= 90 ? t('errors.rate_limited_in', { count: seconds }) : t('errors.rate_limited_minutes', { count: Math.ceil(seconds / 60) });
  }
  const key = `errors.${error.code}`;
  const text = t(key as 'errors.unexpected', error.values);
  if (text !== key) return text;
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
