// The messages to show: the log from its end backwards, or a stretch of an older time until it has grown together with it.
import { useMemo } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { toItems, type Message } from '@/api';
import { aroundQuery, messagesQuery } from '../api';

export interface More {
  has: boolean;
  isBusy: boolean;
  error: unknown;
  fetch: () => void;
}

/** Oldest first, each once. When the older stretch reaches the log, both are shown as one. */
export function joinHistory(log: readonly Message[], stretch: readonly Message[], stretchEnds: boolean): { messages: Message[]; isJoined: boolean } {
  const bySeq = (messages: readonly Message[]) => messages.toSorted((a, b) => a.seq - b.seq);
  const newest = Math.max(...stretch.map((message) => message.seq));
  const oldest = Math.min(...log.map((message) => message.seq));
  const isJoined = stretchEnds || newest >= oldest;
  if (!isJoined) return { messages: bySeq(stretch), isJoined };
  const byId = new Map([...stretch, ...log].map((message) => [message.id, message]));
  return { messages: bySeq([...byId.values()]), isJoined };
}

export function useHistory(conversationId: string, place: number | null) {
  const log = useInfiniteQuery(messagesQuery(conversationId));
  const stretch = useInfiniteQuery({ ...aroundQuery(conversationId, place ?? 0), enabled: place !== null });
  const isAway = place !== null && stretch.data !== undefined;

  const { messages, isJoined } = useMemo(() => {
    const newestFirst = toItems(log.data, (message) => message.id);
    if (!isAway) return { messages: newestFirst.toReversed(), isJoined: true };
    const items = stretch.data.pages.flatMap((page) => page.items);
    return joinHistory(newestFirst, items, !stretch.hasPreviousPage);
  }, [isAway, log.data, stretch.data, stretch.hasPreviousPage]);

  const source = isAway ? stretch : log;
  const older: More = { has: source.hasNextPage, isBusy: source.isFetchingNextPage, error: source.isFetchNextPageError ? source.error : null, fetch: () => void source.fetchNextPage() };
  const newer: More = {
    has: !isJoined && stretch.hasPreviousPage,
    isBusy: stretch.isFetchingPreviousPage,
    error: stretch.isFetchPreviousPageError ? stretch.error : null,
    fetch: () => void stretch.fetchPreviousPage(),
  };
  return { log, messages, isJoined, isFinding: place !== null && stretch.isPending, notFound: place !== null && stretch.isError, older, newer };
}
