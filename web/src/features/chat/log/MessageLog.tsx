import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { ArrowDown } from 'lucide-react';
import { useTranslation } from '@/i18n';
import type { Conversation, Message } from '@/api';
import { useMe } from '@/entities';
import { Button, ErrorState, RowSkeleton, SkeletonList, cx } from '@/ui';
import { useEndings, withoutEnded } from '../ending';
import { useUnsent } from '../outbox';
import { useName } from '../names';
import { Announcer } from './Announcer';
import { rightsOn, useLogTools } from './context';
import { EventLine } from './EventLine';
import { MissingMessages, MoreMessages } from './MoreMessages';
import styles from './MessageLog.module.css';
import { DayMark, MessageRun, UnreadMark } from './MessageRun';
import { firstUnread, toTimeline, type Block } from './timeline';
import { TypingLine } from './TypingLine';
import { UnsentBubble } from './UnsentBubble';
import { useHistory } from './useHistory';
import { useLogScroll } from './useLogScroll';
import { useReading } from './useReading';

interface MessageLogProps {
  conversation: Conversation;
  /** A message elsewhere in time that should be shown. */
  place: { seq: number; nonce: number } | null;
  onLeavePlace: () => void;
  onEdit: (message: Message) => void;
  onReply: (message: Message) => void;
  onHelp: () => void;
  onType: () => void;
}

export function MessageLog({ conversation, place, onLeavePlace, onEdit, onReply, onHelp, onType }: MessageLogProps) {
  const { t } = useTranslation();
  const me = useMe();
  const { id } = conversation;
  const name = useName(conversation);
  const { openActions } = useLogTools();
  const history = useHistory(id, place?.seq ?? null);
  const { messages: all, holes, missing, isJoined, older, newer, log } = history;
  const now = useEndings(all, conversation.retention_seconds);
  const messages = useMemo(() => withoutEnded(all, conversation.retention_seconds, now), [all, conversation.retention_seconds, now]);
  const unreadFrom = useUnreadMark(conversation, messages, older.has, me.id);
  const days = useMemo(() => toTimeline(messages, unreadFrom, holes), [messages, unreadFrom, holes]);
  const sent = (clientId: string) => messages.some((message) => message.client_id === clientId);
  const unsent = useUnsent(id).filter((entry) => !sent(entry.clientId));
  const { scroller, isAtEnd: isDown, lastSeen, onScroll, toEnd, toMessage } = useLogScroll();
  const isAtEnd = isDown && isJoined;
  useReading(conversation, messages, holes, isAtEnd, lastSeen);

  // Own words are always brought into view; those of others only announce themselves.
  const ownCount = unsent.length;
  useEffect(() => {
    if (ownCount === 0) return;
    if (!isJoined) onLeavePlace();
    toEnd();
  }, [ownCount, isJoined, onLeavePlace, toEnd]);

  // Opened with unread messages above the view: reading starts where one stopped.
  const hasStarted = useRef(false);
  useLayoutEffect(() => {
    if (hasStarted.current || messages.length === 0) return;
    hasStarted.current = true;
    const mark = scroller.current?.querySelector('[data-unread-mark]');
    if (!place && mark && scroller.current && mark.getBoundingClientRect().top < scroller.current.getBoundingClientRect().top) mark.scrollIntoView({ block: 'start' });
  }, [messages.length, place, scroller]);

  const found = useRef(0);
  const target = place && messages.find((message) => message.seq === place.seq);
  const nonce = place?.nonce;
  useLayoutEffect(() => {
    if (!target || !nonce || found.current === nonce) return;
    if (toMessage(target.id, { mark: true })) found.current = nonce;
  }, [target, nonce, toMessage]);

  if (log.isPending) return <SkeletonList of={RowSkeleton} count={4} />;
  if (log.isError && !log.data) return <ErrorState error={log.error} onRetry={() => void log.refetch()} />;

  const newest = messages.at(-1);
  const lastOwn = messages.findLast((message) => message.sender_id === me.id && message.kind === 'text' && !message.deleted_at);

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement) return;
    const rows = [...(scroller.current?.querySelectorAll<HTMLElement>('[data-message]:not([data-folded])') ?? [])];
    const current = (event.target as HTMLElement).closest<HTMLElement>('[data-message]');
    const message = messages.find((each) => each.id === current?.dataset['message']);
    const go = (row: HTMLElement | undefined) => {
      row?.focus({ preventScroll: true });
      row?.scrollIntoView({ block: 'nearest' });
    };
    const index = current ? rows.indexOf(current) : rows.length;
    const rights = message && rightsOn(message, conversation, me.id);
    const keys: Record<string, () => void> = {
      ArrowUp: () => go(rows[Math.max(0, index - 1)]),
      ArrowDown: () => (index + 1 < rows.length ? go(rows[index + 1]) : toEnd()),
      Home: () => go(rows[0]),
      End: () => {
        toEnd();
        rows.at(-1)?.focus({ preventScroll: true });
      },
      Escape: onType,
      '?': onHelp,
      ...(message && current && event.target === current
        ? {
            ...(message.kind === 'text' && !message.deleted_at ? { Enter: () => openActions(message, current) } : {}),
            ...(rights?.reply ? { r: () => onReply(message) } : {}),
            ...(rights?.edit ? { e: () => onEdit(message) } : {}),
          }
        : {}),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  const keyOf = (block: Block) => (block.type === 'run' ? block.messages[0]?.id : block.type === 'event' ? block.message.id : block.type === 'hole' ? `hole ${block.before}` : 'unread');

  return (
    <div className={styles.frame}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions -- a scrolling region must be reachable by keyboard, and is walked through by arrows */}
      <div className={styles.scroller} ref={scroller} onScroll={onScroll} onKeyDown={onKeyDown} role="log" aria-live="off" aria-label={t('chat.log', { name })} tabIndex={0}>
        <div className={styles.content}>
          <MoreMessages more={older} scroller={scroller} label={t('chat.more')} />
          {!older.has && <p className={styles.start}>{messages.length === 0 ? t(`chat.empty_${conversation.kind}`) : t(`chat.start_${conversation.kind}`, { name })}</p>}
          {days.map((day) => (
            <section key={day.date} className={styles.day}>
              <DayMark date={day.date} />
              {day.blocks.map((block) =>
                block.type === 'run' ? (
                  <MessageRun key={keyOf(block)} senderId={block.senderId} messages={block.messages} lastOwnId={lastOwn?.id} />
                ) : block.type === 'event' ? (
                  <EventLine key={keyOf(block)} message={block.message} />
                ) : block.type === 'hole' ? (
                  <MissingMessages key={keyOf(block)} missing={missing} />
                ) : (
                  <UnreadMark key={keyOf(block)} />
                ),
              )}
            </section>
          ))}
          {missing.isAtEnd && <MissingMessages missing={missing} />}
          {isJoined ? (
            <>
              {unsent.map((entry) => (
                <UnsentBubble key={entry.clientId} entry={entry} />
              ))}
              <TypingLine conversation={conversation} />
            </>
          ) : (
            <MoreMessages more={newer} scroller={scroller} label={t('chat.moreNewer')} />
          )}
        </div>
      </div>
      <JumpButton isShown={!isAtEnd} unread={conversation.unread_count} onPress={() => (isJoined ? toEnd() : (onLeavePlace(), requestAnimationFrame(toEnd)))} />
      {history.notFound && (
        <p className={styles.lost} role="status">
          {t('chat.placeGone')}
        </p>
      )}
      <Announcer conversation={conversation} newest={newest} />
    </div>
  );
}

function JumpButton({ isShown, unread, onPress }: { isShown: boolean; unread: number; onPress: () => void }) {
  const { t } = useTranslation();
  if (!isShown) return null;
  return (
    <div className={styles.jump}>
      <Button variant="soft" onPress={onPress} className={cx(styles.jumpButton, unread > 0 && styles.fresh)} aria-label={unread > 0 ? t('chat.newMessages') : t('chat.toEnd')}>
        <ArrowDown aria-hidden="true" />
        {unread > 0 ? t('chat.newMessages') : t('chat.toEndShort')}
      </Button>
    </div>
  );
}

/** Set once when the conversation is opened, so that it does not run away from the reader. */
function useUnreadMark(conversation: Conversation, messages: readonly Message[], hasOlder: boolean, meId: string): string | null {
  const [opened] = useState({ readSeq: conversation.read_seq, hasUnread: conversation.unread_count > 0 });
  return useMemo(() => (opened.hasUnread ? firstUnread(messages, opened.readSeq, meId, hasOlder) : null), [opened, messages, meId, hasOlder]);
}
