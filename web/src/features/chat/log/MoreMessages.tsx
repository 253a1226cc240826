import { useEffect, useRef, type RefObject } from 'react';
import { useTranslation } from '@/i18n';
import { Button, ErrorState } from '@/ui';
import styles from './MessageLog.module.css';
import type { Missing, More } from './useHistory';

/** Fetches on before one has reached the edge. */
export function MoreMessages({ more, scroller, label }: { more: More; scroller: RefObject<HTMLDivElement | null>; label: string }) {
  const { t } = useTranslation();
  const sentinel = useRef<HTMLDivElement>(null);
  const latest = useRef(more.fetch);
  useEffect(() => {
    latest.current = more.fetch;
  });
  const { has, isBusy, error } = more;
  useEffect(() => {
    const element = sentinel.current;
    if (!element || !has || isBusy || error) return undefined;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && latest.current(), { root: scroller.current, rootMargin: '400px 0px' });
    observer.observe(element);
    return () => observer.disconnect();
  }, [has, isBusy, error, scroller]);
  if (error) return <ErrorState error={error} onRetry={more.fetch} />;
  if (!has) return null;
  return (
    <div ref={sentinel} className={styles.more}>
      <Button variant="quiet" isBusy={isBusy} onPress={more.fetch}>
        {label || t('common.more')}
      </Button>
    </div>
  );
}

/** Where messages are still being read. Mostly they are here before anybody notices, so it comes into view a little later. */
export function MissingMessages({ missing: { error, retry } }: { missing: Missing }) {
  const { t } = useTranslation();
  if (error) return <ErrorState error={error} onRetry={retry} />;
  return (
    <p className={styles.missing} role="status">
      {t('chat.missing')}
    </p>
  );
}
