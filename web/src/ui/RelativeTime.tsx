import { useTranslation } from '@/i18n';
import { fullTime, nextChange, relativeTime } from './time';
import { useClock } from './useNow';

export function RelativeTime({ iso, className }: { iso: string; className?: string | undefined }) {
  const { t } = useTranslation();
  const now = useClock((at) => nextChange(iso, at));
  return (
    <time dateTime={iso} title={fullTime(iso)} className={className}>
      {relativeTime(iso, now, t('common.now'))}
    </time>
  );
}
