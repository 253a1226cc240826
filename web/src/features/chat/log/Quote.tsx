import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from '@/i18n';
import type { Conversation, Message } from '@/api';
import { SignedImage } from '@/entities';
import { VisuallyHidden, cx } from '@/ui';
import { messageQuery } from '../api';
import { findMessage } from '../cache';
import { useUntilEnd } from '../ending';
import { useFolds } from '../folding';
import { usePerson } from '../people';
import { usePreview } from '../preview';
import { useLogTools } from './context';
import styles from './Quote.module.css';

/** The message an answer belongs to; pressing it leads there. */
export function Quote({ conversation, target }: { conversation: Conversation; target: { seq: number; message_id: string } }) {
  const { t } = useTranslation();
  const { jumpTo } = useLogTools();
  const client = useQueryClient();
  const near = findMessage(client, conversation.id, target.message_id);
  const asked = useQuery({ ...messageQuery(conversation.id, target.message_id), enabled: !near });
  const known = near ?? asked.data ?? null;
  const message = useUntilEnd(known, conversation.retention_seconds);
  // It has run out, or stood there before one came.
  if (!message && (known || asked.isError)) return <p className={cx(styles.quote, styles.gone)}>{t('chat.quoteGone')}</p>;
  return (
    <button type="button" className={styles.quote} onClick={() => jumpTo(target)}>
      <VisuallyHidden>{t('chat.answers')}</VisuallyHidden>
      {message ? <QuoteWords conversation={conversation} message={message} /> : <span className={styles.words}>…</span>}
    </button>
  );
}

export function QuoteWords({ conversation, message }: { conversation: Conversation; message: Message }) {
  const { t } = useTranslation();
  const sender = usePerson(conversation, message.sender_id);
  const text = usePreview(conversation, message);
  const isHidden = useFolds(conversation)(message);
  const [image] = isHidden ? [] : message.images;
  return (
    <>
      <span className={styles.words}>
        {!isHidden && (
          <span className={styles.name} dir="auto">
            {sender?.display_name ?? t('chat.someone')}
          </span>
        )}
        <span className={styles.text} dir="auto">
          {text}
        </span>
      </span>
      {image && (
        <span className={styles.thumb}>
          <SignedImage owner={{ conversation: message.conversation_id, message: message.id }} image={{ ...image, alt: '' }} sizes="44px" cell={1} />
        </span>
      )}
    </>
  );
}
