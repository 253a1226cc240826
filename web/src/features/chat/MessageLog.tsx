import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowDown } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { toItems, type Conversation } from '@/api';
import { useMe } from '@/entities';
import { Button, ErrorState, RowSkeleton, SkeletonList, VisuallyHidden } from '@/ui';
import { messagesQuery } from './api';
import { groupByDay } from './days';
import { markRead } from './liveEvents';
import styles from './MessageLog.module.css';
import { DayMark, MessageRun, UnsentBubble } from './MessageRun';
import { useUnsent } from './outbox';

/** Closer to the end than this counts as being at the end. */
const AT_END_PX = 80;

export function MessageLog({ conversation, name }: { conversation: Conversation; name: string }) {
  const { t } = useTranslation();
  const me = useMe();
  const { id } = conversation;
  const query = useInfiniteQuery(messagesQuery(id));
  const messages = useMemo(() => toItems(query.data, (message) => message.id).toReversed(), [query.data]);
  const days = useMemo(() => groupByDay(messages), [messages]);
  const unsent = useUnsent(id).filter((entry) => !messages.some((message) => message.client_id === entry.clientId));
  const { scroller, isAtEnd, onScroll, toEnd } = useEnd();
  const newest = messages.at(-1);
  useReading(conversation, newest?.seq, isAtEnd);

  // Own words are always brought into view; those of others only announce themselves.
  const unsentCount = unsent.length;
  useEffect(() => {
    if (unsentCount > 0) toEnd();
  }, [unsentCount, toEnd]);

  const seenUpTo = messages.findLast((message) => message.sender_id === me.id && message.seq <= conversation.peer_read_seq);
  const incoming = newest && newest.sender_id !== me.id ? t('chat.incoming', { name, text: newest.body }) : '';

  if (query.isPending) return <SkeletonList of={RowSkeleton} count={4} />;
  if (query.isError && !query.data) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <div className={styles.frame}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard */}
      <div className={styles.scroller} ref={scroller} onScroll={onScroll} role="log" aria-live="off" aria-label={t('chat.log', { name })} tabIndex={0}>
        <div className={styles.content}>
          <Older query={query} scroller={scroller} />
          {!query.hasNextPage && <p className={styles.start}>{messages.length === 0 ? t('chat.noMessages') : t('chat.start', { name })}</p>}
          {days.map((day) => (
            <section key={day.date} className={styles.day}>
              <DayMark date={day.date} />
              {day.runs.map((run) => (
                <MessageRun key={run.messages[0]?.id} run={run} isMine={run.senderId === me.id} seenId={seenUpTo?.id} />
              ))}
            </section>
          ))}
          {unsent.map((entry) => (
            <UnsentBubble key={entry.clientId} entry={entry} />
          ))}
        </div>
      </div>
      {!isAtEnd && (
        <div className={styles.jump}>
          <Button variant="soft" onPress={toEnd} className={styles.jumpButton ?? ''}>
            <ArrowDown aria-hidden="true" />
            {t('chat.newMessages')}
          </Button>
        </div>
      )}
      <VisuallyHidden live="polite">{incoming}</VisuallyHidden>
    </div>
  );
}

/**
 * The scroller is a reversed column with one child: the browser keeps it at its end while messages arrive there, and in
 * place while older ones are put on top. Its scrollTop is 0 at the end and negative above.
 */
function useEnd() {
  const scroller = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const onScroll = useCallback(() => {
    if (scroller.current) setAtEnd(Math.abs(scroller.current.scrollTop) < AT_END_PX);
  }, []);
  const toEnd = useCallback(() => {
    scroller.current?.scrollTo({ top: 0 });
    setAtEnd(true);
  }, []);
  return { scroller, isAtEnd, onScroll, toEnd };
}

/** Read is what was on a screen someone looks at. */
function useReading(conversation: Conversation, newestSeq: number | undefined, isAtEnd: boolean): void {
  const client = useQueryClient();
  const { id, read_seq: readSeq, unread_count: unread } = conversation;
  const [isVisible, setVisible] = useState(() => document.visibilityState === 'visible');
  useEffect(() => {
    const update = () => setVisible(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', update);
    return () => document.removeEventListener('visibilitychange', update);
  }, []);
  useEffect(() => {
    if (!isVisible || !isAtEnd || newestSeq === undefined) return;
    if (newestSeq > readSeq || unread > 0) void markRead(client, id, Math.max(newestSeq, readSeq));
  }, [client, id, isAtEnd, isVisible, newestSeq, readSeq, unread]);
}

interface OlderProps {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; isFetchNextPageError: boolean; error: unknown; fetchNextPage: () => unknown };
  scroller: React.RefObject<HTMLDivElement | null>;
}

function Older({ query, scroller }: OlderProps) {
  const { t } = useTranslation();
  const sentinel = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  useEffect(() => {
    const element = sentinel.current;
    if (!element || !hasNextPage || isFetchingNextPage || isFetchNextPageError) return undefined;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && void fetchNextPage(), { root: scroller.current, rootMargin: '400px 0px' });
    observer.observe(element);
    return () => observer.disconnect();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage, scroller]);
  if (isFetchNextPageError) return <ErrorState error={query.error} onRetry={() => void fetchNextPage()} />;
  if (!hasNextPage) return null;
  return (
    <div ref={sentinel} className={styles.older}>
      <Button variant="quiet" isBusy={isFetchingNextPage} onPress={() => void fetchNextPage()}>
        {t('chat.more')}
      </Button>
    </div>
  );
}
