import type { Message } from '@/api';
import { clockTime, fullTime } from '@/ui';
import { useEventText } from '../preview';
import { useLogTools } from './context';
import styles from './MessageLog.module.css';

/** What happened to the conversation, said quietly. */
export function EventLine({ message }: { message: Message }) {
  const { conversation } = useLogTools();
  const text = useEventText(conversation, message);
  return (
    <p className={styles.event} data-message={message.id} tabIndex={-1} title={fullTime(message.created_at)}>
      {text} <time dateTime={message.created_at}>{clockTime(message.created_at)}</time>
    </p>
  );
}
