// The messages to show: the log from its end backwards, or a stretch of an older time until it has grown together with it.
import { useEffect, useMemo } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { toItems, type Message } from '@/api';
import { aroundQuery, messagesQuery } from '../api';
import { isHole, isOld } from '../logPages';

export interface More {
  has: boolean;
  isBusy: boolean;
  error: unknown;
  fetch: () => void;
}

/** What is not here yet, though it belongs between or after what is shown. */
export interface Missing {
  /** At the end: the log is of an earlier time. */
  isAtEnd: boolean;
  error: unknown;
  retry: () => void;
}

/** Oldest first, each once. When the older stretch reaches into the log, both are shown as one. */
export function joinHistory(log: readonly Message[], stretch: readonly Message[]): { messages: Message[]; isJoined: boolean } {
  const bySeq = (messages: readonly Message[]) => messages.toSorted((a, b) => a.seq - b.seq);
  const [older, newer] = [stretch, log].map((messages) => messages.map((message) => message.seq)) as [number[], number[]];
  const isJoined = Math.max(...older) >= Math.min(...newer) && Math.min(...older) <= Math.max(...newer);
  if (!isJoined) return { messages: bySeq(stretch), isJoined };
  const byId = new Map([...stretch, ...log].map((message) => [message.id, message]));
  return { messages: bySeq([...byId.values()]), isJoined };
}

/** The ids of those before which messages are missing; `messages` oldest first. */
export function holesIn(messages: readonly Message[]): ReadonlySet<string> {
  return new Set(messages.flatMap((message, index) => (index > 0 && isHole(messages[index - 1] as Message, message) ? [message.id] : [])));
}

export function useHistory(conversationId: string, place: number | null) {
  const log = useInfiniteQuery(messagesQuery(conversationId));
  const stretch = useInfiniteQuery({ ...aroundQuery(conversationId, place ?? 0), enabled: place !== null });
  const isAway = place !== null && stretch.data !== undefined;
  const isLogOld = isOld(log.data);

  const { messages, isJoined, isBehind } = useMemo(() => {
    const newestFirst = toItems(log.data, (message) => message.id);
    if (!isAway) return { messages: newestFirst.toReversed(), isJoined: true, isBehind: false };
    const items = stretch.data.pages.flatMap((page) => page.items);
    // Behind: the present has moved on since the stretch had reached it.
    return { ...joinHistory(newestFirst, items), isBehind: (newestFirst[0]?.seq ?? 0) > Math.max(...items.map((message) => message.seq)) };
  }, [isAway, log.data, stretch.data]);
  const holes = useMemo(() => holesIn(messages), [messages]);

  // Whatever has interrupted the reading of what is missing, it is taken up again.
  const { refetch } = log;
  const mustRead = isLogOld && log.fetchStatus === 'idle' && !log.isError;
  useEffect(() => {
    if (mustRead) void refetch({ cancelRefetch: false });
  }, [mustRead, refetch]);

  const source = isAway ? stretch : log;
  const older: More = {
    has: source.hasNextPage,
    isBusy: source.isFetchingNextPage || (!isAway && isLogOld && log.isFetching),
    error: source.isFetchNextPageError ? source.error : null,
    // Reading on would break off the reading of what is missing, and the cursor of an old page is of an earlier time.
    fetch: () => void (!isAway && isLogOld ? log.refetch({ cancelRefetch: false }) : source.fetchNextPage({ cancelRefetch: false })),
  };
  const newer: More = {
    has: !isJoined && (stretch.hasPreviousPage || isBehind),
    isBusy: stretch.isFetchingPreviousPage || (isBehind && stretch.isRefetching),
    error: stretch.isFetchPreviousPageError ? stretch.error : null,
    fetch: () => void (stretch.hasPreviousPage ? stretch.fetchPreviousPage() : stretch.refetch({ cancelRefetch: false })),
  };
  const missing: Missing = {
    isAtEnd: isJoined && isLogOld && holes.size === 0,
    error: isLogOld && log.isError ? log.error : null,
    retry: () => void log.refetch(),
  };
  return { log, messages, holes, missing, isJoined, isFinding: place !== null && stretch.isPending, notFound: place !== null && stretch.isError, older, newer };
}
