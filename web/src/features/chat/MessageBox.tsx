import { useRef, useState } from 'react';
import { SendHorizontal } from 'lucide-react';
import { TextArea } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { IconButton } from '@/ui';
import styles from './MessageBox.module.css';
import { sendMessage } from './outbox';

const MAX_LENGTH = 4000;

/** Half-written messages, kept while one looks at another conversation. Gone with the tab. */
const drafts = new Map<string, string>();

export function MessageBox({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => drafts.get(conversationId) ?? '');
  const field = useRef<HTMLTextAreaElement>(null);
  const body = text.trim();
  const isTooLong = [...body].length > MAX_LENGTH;

  function change(next: string) {
    drafts.set(conversationId, next);
    setText(next);
  }

  function send() {
    if (!body || isTooLong) return;
    sendMessage(conversationId, body);
    change('');
    field.current?.focus();
  }

  return (
    <form
      className={styles.box}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <TextArea
        ref={field}
        className={styles.text}
        aria-label={t('chat.body')}
        aria-invalid={isTooLong}
        placeholder={t('chat.placeholder')}
        rows={1}
        dir="auto"
        enterKeyHint="send"
        value={text}
        onChange={(event) => change(event.target.value)}
        onKeyDown={(event) => {
          // An input method uses Enter to finish a word.
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <IconButton type="submit" variant="primary" label={t('chat.send')} icon={<SendHorizontal className={styles.icon} />} isDisabled={!body || isTooLong} />
      {isTooLong && (
        <p className={styles.error} role="alert">
          {t('chat.tooLong')}
        </p>
      )}
    </form>
  );
}
