import { useTranslation } from '@/i18n';
import type { Conversation } from '@/api';
import { usePerson } from '../people';
import { useTyping } from '../typing';
import styles from './TypingLine.module.css';

export function useTypingText(conversation: Conversation): string | null {
  const { t } = useTranslation();
  const [first, second, ...others] = useTyping(conversation.id);
  const a = usePerson(conversation, first ?? conversation.peer?.id ?? '')?.display_name ?? t('chat.someone');
  const b = usePerson(conversation, second ?? first ?? conversation.peer?.id ?? '')?.display_name ?? t('chat.someone');
  if (!first) return null;
  if (!second) return t('chat.typingOne', { name: a });
  return others.length === 0 ? t('chat.typingTwo', { a, b }) : t('chat.typingMany', { a, b });
}

export function TypingLine({ conversation }: { conversation: Conversation }) {
  const text = useTypingText(conversation);
  // The line keeps its place, so that nothing moves when someone begins or stops.
  return (
    <p className={styles.typing} role="status">
      {text && (
        <>
          <span className={styles.dots} aria-hidden="true">
            <span />
            <span />
            <span />
          </span>
          {text}
        </>
      )}
    </p>
  );
}
