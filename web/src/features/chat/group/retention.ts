import type { TFunction } from '@/i18n';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** The choices offered; another value set elsewhere is shown as what it is. */
export const RETENTIONS = [DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY] as const;

export function durationText(t: TFunction, seconds: number): string {
  return seconds % DAY === 0 ? t('chat.days', { count: seconds / DAY }) : t('chat.hours', { count: Math.round(seconds / HOUR) });
}
