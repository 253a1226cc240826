import { useEffect, useRef, useState } from 'react';
import { Copy, Forward, History, Pencil, Pin, PinOff, Plus, Reply, Trash2, Users } from 'lucide-react';
import { Dialog, Popover } from 'react-aria-components';
import { useTranslation } from '@/i18n';
import type { Message } from '@/api';
import { isBlank, normalEmoji } from '@/text';
import { IconButton, Sheet, copyText, cx, showToast, useLayer, useMediaQuery } from '@/ui';
import { rightsOn, useLogTools } from './context';
import styles from './MessageActions.module.css';

export const COMMON_EMOJI = ['❤️', '👍', '😂', '😮', '😢', '🙏'] as const;

export interface MessageActionsProps {
  message: Message;
  anchor: Element;
  onClose: () => void;
  onEdit: () => void;
  onForward: () => void;
  onDelete: () => void;
  onPin: (on: boolean) => void;
}

/** What can be done with one message: beside it on a desktop, from below on a phone. */
export function MessageActions(props: MessageActionsProps) {
  const { t } = useTranslation();
  const isPhone = useMediaQuery('(max-width: 699px)');
  // Beside the words, not in the middle of the pane.
  const trigger = useRef(props.anchor.querySelector('[data-bubble]') ?? props.anchor);
  useFocusBack(props.message.id);
  useLayer(!isPhone, props.onClose);
  if (isPhone) {
    return (
      <Sheet isOpen onClose={props.onClose} title={t('chat.messageActions')}>
        <Choices {...props} />
      </Sheet>
    );
  }
  return (
    <Popover isOpen onOpenChange={(open) => !open && props.onClose()} triggerRef={trigger} placement="bottom" className={styles.popover ?? ''}>
      <Dialog aria-label={t('chat.messageActions')} className={styles.dialog ?? ''}>
        <Choices {...props} startsAtFirst />
      </Dialog>
    </Popover>
  );
}

/**
 * Whoever came by keyboard is back at the message when the menu closes and nothing else has taken the focus. The menu
 * itself only promises that after all transitions on the page, and does not always notice the end of one.
 */
function useFocusBack(messageId: string) {
  useEffect(
    () => () => {
      requestAnimationFrame(() => {
        if (document.activeElement !== document.body) return;
        document.querySelector<HTMLElement>(`[data-message="${CSS.escape(messageId)}"]`)?.focus({ preventScroll: true });
      });
    },
    [messageId],
  );
}

/** With `startsAtFirst` whoever comes by keyboard can choose at once. */
function Choices({ message, onClose, onEdit, onForward, onDelete, onPin, startsAtFirst = false }: MessageActionsProps & { startsAtFirst?: boolean }) {
  const { t } = useTranslation();
  const tools = useLogTools();
  const rights = rightsOn(message, tools.conversation, tools.meId);
  const act = (task: () => unknown) => () => {
    onClose();
    task();
  };
  const isOwn = (emoji: string) => message.reactions.some((reaction) => reaction.emoji === emoji && reaction.me);
  const choose = (emoji: string) => act(() => tools.react(message, emoji, !isOwn(emoji)))();
  const actions = [
    rights.reply && { label: t('chat.reply'), icon: <Reply className={styles.turned} />, run: () => tools.reply(message) },
    rights.forward && { label: t('chat.forward'), icon: <Forward className={styles.turned} />, run: onForward },
    rights.copy && { label: t('chat.copyText'), icon: <Copy />, run: () => void copyText(message.body).then((ok) => ok && showToast(t('common.copied'))) },
    rights.edit && { label: t('chat.edit'), icon: <Pencil />, run: onEdit },
    rights.pin && (message.pinned_at ? { label: t('chat.unpin'), icon: <PinOff />, run: () => onPin(false) } : { label: t('chat.pin'), icon: <Pin />, run: () => onPin(true) }),
    message.reactions.length > 0 && { label: t('chat.whoReacted'), icon: <Users />, run: () => tools.showReactions(message) },
    message.edited_at && { label: t('chat.editHistory'), icon: <History />, run: () => tools.showEdits(message) },
    rights.delete && { label: t('chat.delete'), icon: <Trash2 />, run: onDelete, danger: true },
  ].filter((action) => action !== false && action !== null && action !== '');
  return (
    <>
      {rights.react && <EmojiRow isOwn={isOwn} onChoose={choose} startsAtFirst={startsAtFirst} />}
      <ul className={styles.list}>
        {actions.map((action, index) => (
          <li key={action.label}>
            <button type="button" autoFocus={startsAtFirst && !rights.react && index === 0} className={cx(styles.action, 'danger' in action && styles.danger)} onClick={act(action.run)}>
              {action.icon}
              {action.label}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function EmojiRow({ isOwn, onChoose, startsAtFirst }: { isOwn: (emoji: string) => boolean; onChoose: (emoji: string) => void; startsAtFirst: boolean }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [isWrong, setWrong] = useState(false);
  return (
    <div className={styles.emoji}>
      <ul className={styles.common} aria-label={t('chat.react')}>
        {COMMON_EMOJI.map((emoji, index) => (
          <li key={emoji}>
            <button
              type="button"
              autoFocus={startsAtFirst && index === 0}
              className={cx(styles.sign, isOwn(emoji) && styles.own)}
              aria-label={t('chat.reactWith', { emoji })}
              aria-pressed={isOwn(emoji)}
              onClick={() => onChoose(emoji)}
            >
              {emoji}
            </button>
          </li>
        ))}
        <li>
          <IconButton label={t('chat.otherEmoji')} icon={<Plus />} onPress={() => setOpen(!isOpen)} aria-expanded={isOpen} />
        </li>
      </ul>
      {isOpen && (
        <label className={styles.other}>
          {t('chat.anyEmoji')}
          <input
            className={styles.field}
            autoFocus
            autoComplete="off"
            aria-invalid={isWrong}
            onChange={(event) => {
              const emoji = firstEmoji(event.target.value);
              setWrong(!isBlank(event.target.value) && emoji === null);
              if (emoji) onChoose(emoji);
            }}
          />
          {isWrong && <span role="alert">{t('chat.notAnEmoji')}</span>}
        </label>
      )}
    </div>
  );
}

/** The keyboards of phones and desktops have all of them; a letter is not one. */
export function firstEmoji(text: string): string | null {
  const [first] = [...new Intl.Segmenter().segment(text.trim())];
  const sign = normalEmoji(first?.segment ?? '');
  const isEmoji = (/\p{Extended_Pictographic}/u.test(sign) || /^\p{RI}{2}$/u.test(sign)) && !/^[\p{L}\p{N}#*]$/u.test(sign);
  return isEmoji && new TextEncoder().encode(sign).length <= 40 ? sign : null;
}
