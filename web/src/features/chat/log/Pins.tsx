import { useId, useState } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Pin } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { toItems, type Conversation, type Message } from '@/api';
import { EmptyState, InfiniteList, RelativeTime, RowSkeleton, Sheet, SkeletonList } from '@/ui';
import { pinsQuery } from '../api';
import { useEndings, withoutEnded } from '../ending';
import { useFolds } from '../folding';
import { usePerson } from '../people';
import { usePreview } from '../preview';
import styles from './Pins.module.css';

type Jump = (place: { seq: number; message_id: string }) => void;

/** The newest pinned message above the log; more of them in a sheet. */
export function PinnedBar({ conversation, onJump }: { conversation: Conversation; onJump: Jump }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const query = useInfiniteQuery({ ...pinsQuery(conversation.id), enabled: conversation.pinned_count > 0 });
  const pinned = toItems(query.data, (message) => message.id).filter((message) => message.pinned_at !== null);
  const pins = withoutEnded(pinned, conversation.retention_seconds, useEndings(pinned, conversation.retention_seconds));
  const [newest] = pins;
  const text = usePreview(conversation, newest ?? null);
  // How many there are is known before what they say: the bar has its place from the beginning.
  if (!newest) return conversation.pinned_count > 0 && query.isPending ? <div className={styles.bar} /> : null;
  return (
    <div className={styles.bar}>
      <button type="button" className={styles.newest} onClick={() => onJump({ seq: newest.seq, message_id: newest.id })}>
        <Pin aria-hidden="true" />
        <span className={styles.words}>
          <span className={styles.label}>{t('chat.pinned')}</span>
          <span className={styles.text} dir="auto">
            {text}
          </span>
        </span>
      </button>
      {pins.length > 1 && (
        <button type="button" className={styles.all} onClick={() => setOpen(true)}>
          {t('chat.allPins', { count: Math.max(pins.length, conversation.pinned_count - pinned.length + pins.length) })}
        </button>
      )}
      {isOpen && (
        <Sheet isOpen onClose={() => setOpen(false)} title={t('chat.pinned')}>
          <InfiniteList query={query} isEmpty={pins.length === 0} skeleton={<SkeletonList of={RowSkeleton} count={2} />} empty={<EmptyState title={t('chat.noPins')} />}>
            <ul>
              {pins.map((message) => (
                <PinRow
                  key={message.id}
                  conversation={conversation}
                  message={message}
                  onPress={() => {
                    setOpen(false);
                    onJump({ seq: message.seq, message_id: message.id });
                  }}
                />
              ))}
            </ul>
          </InfiniteList>
        </Sheet>
      )}
    </div>
  );
}

function PinRow({ conversation, message, onPress }: { conversation: Conversation; message: Message; onPress: () => void }) {
  const { t } = useTranslation();
  const sender = usePerson(conversation, message.sender_id);
  const text = usePreview(conversation, message);
  const isHidden = useFolds(conversation)(message);
  const name = sender?.display_name ?? t('chat.someone');
  const id = useId();
  return (
    <li>
      <button type="button" className={styles.row} onClick={onPress} aria-labelledby={id}>
        <span id={id} className={styles.words}>
          <span className={styles.label}>
            {!isHidden && `${name} · `}
            <RelativeTime iso={message.created_at} />
          </span>
          <span className={styles.text} dir="auto">
            {text}
          </span>
        </span>
      </button>
    </li>
  );
}
