import { shortNumber, useTranslation } from '@/i18n';
import type { Message } from '@/api';
import { cx } from '@/ui';
import { rightsOn, useLogTools } from './context';
import styles from './Reactions.module.css';

/** Under a message: each emoji once, pressed to join in or to take it back; the last button says who. */
export function Reactions({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { conversation, meId, react, showReactions } = useLogTools();
  const canReact = rightsOn(message, conversation, meId).react;
  return (
    <ul className={styles.reactions} aria-label={t('chat.reactions')}>
      {message.reactions.map(({ emoji, count, me }) => (
        <li key={emoji}>
          <button
            type="button"
            className={cx(styles.reaction, me && styles.own)}
            aria-pressed={me}
            aria-label={t('chat.reaction', { emoji, count })}
            disabled={!canReact}
            onClick={(event) => {
              // Taking back the only one takes this button away: whoever came by keyboard stays at the message.
              if (me && count === 1) event.currentTarget.closest<HTMLElement>('[data-message]')?.focus({ preventScroll: true });
              react(message, emoji, !me);
            }}
          >
            <span aria-hidden="true">{emoji}</span>
            {count > 1 && <span aria-hidden="true">{shortNumber(count)}</span>}
          </button>
        </li>
      ))}
      {conversation.kind !== 'direct' && (
        <li>
          <button type="button" className={styles.who} onClick={() => showReactions(message)}>
            {t('chat.whoReacted')}
          </button>
        </li>
      )}
    </ul>
  );
}
