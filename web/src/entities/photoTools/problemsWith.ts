import { errorText, type TFunction } from '@/i18n';
import '@/i18n/photos';
import type { takeFiles } from '../photos';

/** Why files that were chosen are not there, each by its name. */
export function problemsWith(t: TFunction, { refused, isTooMany }: Awaited<ReturnType<typeof takeFiles>>, tooMany: string): string[] {
  const problems = refused.map(({ name, error }) => t('compose.notAdded', { name, problem: errorText(t, error) }));
  return isTooMany ? [...problems, tooMany] : problems;
}
