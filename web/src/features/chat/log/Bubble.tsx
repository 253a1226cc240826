import { useRef, type MouseEvent, type PointerEvent } from 'react';
import { Ban, Ellipsis, Forward, ImageOff, Pin, Reply, SmilePlus } from 'lucide-react';
import { useTranslation } from '@/i18n';
import type { Message } from '@/api';
import { ImageGrid } from '@/entities';
import { tidyLines } from '@/text';
import { IconButton, RichText, cx, fullTime } from '@/ui';
import styles from './Bubble.module.css';
import { rightsOn, useLogTools } from './context';
import { Quote } from './Quote';
import { Reactions } from './Reactions';

interface BubbleProps {
  message: Message;
  isMine: boolean;
  isFirst: boolean;
  isLast: boolean;
}

const HOLD_MS = 450;
const MOVED_PX = 10;

export function Bubble({ message, isMine, isFirst, isLast }: BubbleProps) {
  const { t } = useTranslation();
  const tools = useLogTools();
  const row = useRef<HTMLLIElement>(null);
  const hold = useHold(() => row.current && !message.deleted_at && tools.openActions(message, row.current));
  const shape = cx(styles.row, isMine ? styles.mine : styles.theirs, isFirst && styles.first, isLast && styles.last);
  if (message.deleted_at) {
    return (
      <li ref={row} className={shape} data-message={message.id} tabIndex={-1} title={fullTime(message.created_at)}>
        <p className={cx(styles.bubble, styles.deleted)}>
          <Ban aria-hidden="true" />
          {t('chat.deleted')}
        </p>
      </li>
    );
  }
  const onlyEmoji = message.images.length === 0 && message.withheld_images === 0 && !message.reply_to && isOnlyEmoji(message.body);
  const open = () => row.current && tools.openActions(message, row.current);
  return (
    <li ref={row} className={shape} data-message={message.id} tabIndex={-1} {...hold}>
      <div className={styles.line}>
        <div data-bubble className={cx(styles.bubble, onlyEmoji && styles.big, message.images.length > 0 && styles.withImages)} title={fullTime(message.created_at)}>
          {message.forwarded && (
            <p className={styles.forwarded}>
              <Forward aria-hidden="true" />
              {t('chat.forwarded')}
            </p>
          )}
          {message.reply_to && <Quote conversation={tools.conversation} target={message.reply_to} />}
          {message.images.length > 0 && (
            <div className={styles.images}>
              <ImageGrid owner={{ conversation: message.conversation_id, message: message.id }} images={message.images} />
            </div>
          )}
          {message.withheld_images > 0 && (
            <p className={styles.withheld}>
              <ImageOff aria-hidden="true" />
              {t('chat.withheld', { count: message.withheld_images })}
            </p>
          )}
          {message.body && <RichText text={message.body} className={styles.text} linkOf={tools.linkOf} />}
          {(message.edited_at || message.pinned_at) && (
            <p className={styles.marks}>
              {message.pinned_at && <Pin role="img" aria-label={t('chat.pinned')} />}
              {message.edited_at && (
                <button type="button" className={styles.edited} onClick={() => tools.showEdits(message)}>
                  {t('chat.edited')}
                </button>
              )}
            </p>
          )}
        </div>
        <Tools message={message} onMore={open} />
      </div>
      {message.reactions.length > 0 && <Reactions message={message} />}
    </li>
  );
}

/** Beside the bubble under a mouse or the keyboard; on a touch screen one holds the bubble instead. */
function Tools({ message, onMore }: { message: Message; onMore: () => void }) {
  const { t } = useTranslation();
  const tools = useLogTools();
  const rights = rightsOn(message, tools.conversation, tools.meId);
  return (
    <div className={styles.tools}>
      {rights.react && <IconButton className={styles.tool ?? ''} label={t('chat.react')} icon={<SmilePlus />} onPress={onMore} />}
      {rights.reply && <IconButton className={styles.tool ?? ''} label={t('chat.reply')} icon={<Reply className={styles.turned} />} onPress={() => tools.reply(message)} />}
      <IconButton className={styles.tool ?? ''} label={t('chat.messageActions')} icon={<Ellipsis />} onPress={onMore} />
    </div>
  );
}

/** One to three emoji and nothing else are shown large. */
export function isOnlyEmoji(text: string): boolean {
  const trimmed = tidyLines(text);
  if (trimmed === '' || trimmed.length > 40 || /[\p{L}\p{N}]/u.test(trimmed)) return false;
  const signs = [...new Intl.Segmenter().segment(trimmed)].map(({ segment }) => segment).filter((segment) => segment.trim() !== '');
  return signs.length <= 3 && signs.every((segment) => /\p{Extended_Pictographic}/u.test(segment) || /^\p{RI}{2}$/u.test(segment));
}

/** A long press, that is not the beginning of scrolling. */
function useHold(onHold: () => unknown) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const start = useRef<{ x: number; y: number } | null>(null);
  const stop = () => {
    clearTimeout(timer.current);
    start.current = null;
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      // A second finger zooms; a link has a menu of its own, which the browser opens.
      if (event.pointerType === 'mouse' || !event.isPrimary || (event.target as Element).closest('a')) {
        stop();
        return;
      }
      start.current = { x: event.clientX, y: event.clientY };
      timer.current = setTimeout(onHold, HOLD_MS);
    },
    onPointerMove: (event: PointerEvent) => {
      if (start.current && Math.hypot(event.clientX - start.current.x, event.clientY - start.current.y) > MOVED_PX) stop();
    },
    onPointerUp: stop,
    onPointerCancel: stop,
    onContextMenu: (event: MouseEvent) => {
      // The right mouse button and the long press of some browsers. Links keep their own menu; under a mouse, which has
      // buttons beside the bubble, pictures do as well.
      const isTouch = start.current !== null;
      if ((event.target as Element).closest(isTouch ? 'a' : 'a, img, button')) return;
      if (window.getSelection()?.isCollapsed === false) return;
      event.preventDefault();
      stop();
      onHold();
    },
  };
}
