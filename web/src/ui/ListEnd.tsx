import { useEffect, useRef, type ReactNode } from 'react';
import { useTranslation } from '@/i18n';
import { Button } from './Button';
import styles from './ListEnd.module.css';
import { ErrorState } from './ErrorState';

export interface InfiniteQueryLike {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: () => unknown;
  refetch: () => unknown;
}

interface InfiniteListProps {
  query: InfiniteQueryLike;
  isEmpty: boolean;
  skeleton: ReactNode;
  empty: ReactNode;
  children: ReactNode;
  /** False while more is drawn that is there already. */
  isWhole?: boolean;
  /** Said once everything has been shown; leave out where the end is plain to see. */
  end?: string;
}

/** The states every list has: skeleton, empty, error with retry, more on the way, end. */
export function InfiniteList({ query, isEmpty, skeleton, empty, children, isWhole = true, end }: InfiniteListProps) {
  if (query.isPending) return skeleton;
  if (query.isError && isEmpty) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (isEmpty) return empty;
  return (
    <>
      {children}
      {isWhole && <ListEnd query={query} end={end} />}
    </>
  );
}

function ListEnd({ query, end }: { query: InfiniteQueryLike; end: string | undefined }) {
  const { t } = useTranslation();
  const sentinel = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  useEffect(() => {
    const element = sentinel.current;
    if (!element || !hasNextPage || isFetchingNextPage || isFetchNextPageError) return undefined;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && void fetchNextPage(), { rootMargin: '800px 0px' });
    observer.observe(element);
    return () => observer.disconnect();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  if (isFetchNextPageError) return <ErrorState error={query.error} onRetry={() => void fetchNextPage()} />;
  if (!hasNextPage) return end ? <p className={styles.end}>{end}</p> : null;
  return (
    <div ref={sentinel} className={styles.more}>
      <Button variant="quiet" isBusy={isFetchingNextPage} onPress={() => void fetchNextPage()}>
        {t('common.more')}
      </Button>
    </div>
  );
}
