import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fullTime, nextChange, relativeTime } from './time';

export function RelativeTime({ iso, className }: { iso: string; className?: string | undefined }) {
  const { t, i18n } = useTranslation();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const wait = nextChange(iso, now);
    if (wait === null) return undefined;
    const timer = setTimeout(() => setNow(Date.now()), wait + 50);
    return () => clearTimeout(timer);
  }, [iso, now]);
  const full = fullTime(iso, i18n.language);
  return (
    <time dateTime={iso} title={full} className={className}>
      {relativeTime(iso, now, i18n.language, t('common.now'))}
    </time>
  );
}
