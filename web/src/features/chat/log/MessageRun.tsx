import { useState } from 'react';
import { EyeOff } from 'lucide-react';
import { useTranslation } from '@/i18n';
import type { Message } from '@/api';
import { PersonAvatar } from '@/entities';
import { Button, VisuallyHidden, clockTime, cx, longDate, nextMidnight, useClock } from '@/ui';
import { useFolds } from '../folding';
import { usePerson } from '../people';
import { Bubble } from './Bubble';
import { useLogTools } from './context';
import styles from './MessageRun.module.css';
import { ReadMarks } from './ReadMarks';
import { dayName } from './timeline';

export function DayMark({ date }: { date: string }) {
  const { t } = useTranslation();
  const now = useClock(nextMidnight);
  const name = dayName(date, new Date(now));
  const text = typeof name === 'string' ? t(`chat.${name}`) : longDate(name, now);
  return (
    <h3 className={styles.day}>
      <time dateTime={date}>{text}</time>
    </h3>
  );
}

export function UnreadMark() {
  const { t } = useTranslation();
  return (
    <div className={styles.unread} data-unread-mark role="separator" aria-label={t('chat.unreadHere')}>
      <span aria-hidden="true">{t('chat.unreadHere')}</span>
    </div>
  );
}

interface MessageRunProps {
  senderId: string;
  messages: Message[];
  lastOwnId: string | undefined;
}

/** What one person said in one breath; of somebody I have blocked a line that says so, until I want to read it. */
export function MessageRun(props: MessageRunProps) {
  const { conversation } = useLogTools();
  const folds = useFolds(conversation);
  const [isShown, setShown] = useState(false);
  const isFolded = props.messages.some(folds);
  if (!isFolded) return <ShownRun {...props} />;
  return (
    <div className={styles.folding}>
      <Folded messages={props.messages} isShown={isShown} onToggle={() => setShown(!isShown)} />
      {isShown && <ShownRun {...props} />}
    </div>
  );
}

/** The rows have no height but keep their places: what is behind the line can be read up to, and be looked for. */
function Folded({ messages, isShown, onToggle }: { messages: Message[]; isShown: boolean; onToggle: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={styles.folded}>
      <EyeOff aria-hidden="true" />
      <p>{t('chat.fromBlocked', { count: messages.length })}</p>
      <Button variant="quiet" aria-expanded={isShown} onPress={onToggle}>
        {t(isShown ? 'chat.foldAgain' : 'chat.showFolded')}
      </Button>
      {!isShown && (
        <span>
          {messages.map((message) => (
            <span key={message.id} data-message={message.id} data-folded />
          ))}
        </span>
      )}
    </div>
  );
}

function ShownRun({ senderId, messages, lastOwnId }: MessageRunProps) {
  const { t } = useTranslation();
  const { conversation, meId } = useLogTools();
  const sender = usePerson(conversation, senderId);
  const isMine = senderId === meId;
  const isMany = conversation.kind !== 'direct';
  const last = messages.at(-1);
  const lastOwn = messages.find((message) => message.id === lastOwnId);
  const name = sender?.display_name ?? t('chat.someone');
  return (
    <div className={cx(styles.run, isMine ? styles.mine : styles.theirs, isMany && !isMine && styles.withFace)}>
      {isMany && !isMine ? (
        <>
          <span className={styles.face}>
            <PersonAvatar person={sender ?? { id: senderId, display_name: name }} size={32} />
          </span>
          <p className={styles.sender} dir="auto">
            {name}
          </p>
        </>
      ) : (
        <VisuallyHidden>{isMine ? t('chat.youSaid') : name}</VisuallyHidden>
      )}
      <ol className={styles.bubbles}>
        {messages.map((message, index) => (
          <Bubble key={message.id} message={message} isMine={isMine} isFirst={index === 0} isLast={index === messages.length - 1} />
        ))}
      </ol>
      {last && (
        <p className={styles.time}>
          <time dateTime={last.created_at}>{clockTime(last.created_at)}</time>
          {lastOwn && <ReadMarks conversation={conversation} message={lastOwn} />}
        </p>
      )}
    </div>
  );
}
