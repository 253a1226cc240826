import { Hash, Users } from 'lucide-react';
import type { Conversation, Image } from '@/api';
import { PersonAvatar, SignedImage } from '@/entities';
import { cx } from '@/ui';
import styles from './ConversationPicture.module.css';
import { useNameOf } from './names';
import { usePresent } from './presence';

type Pictured = Pick<Conversation, 'id' | 'kind' | 'name' | 'picture' | 'peer' | 'channel' | 'added_by'>;

/** A face for a person, a picture or a sign for a group. A dot when the person is here now. */
export function ConversationPicture({ conversation, size = 44 }: { conversation: Pictured; size?: 36 | 44 | 96 }) {
  const isPresent = usePresent(conversation.peer?.id);
  const name = useNameOf()(conversation);
  if (conversation.kind === 'direct') {
    return (
      <span className={styles.person}>
        <PersonAvatar person={conversation.peer ?? { id: conversation.id, display_name: name }} size={size} />
        {isPresent && <span className={styles.here} />}
      </span>
    );
  }
  return <GroupPicture id={conversation.id} picture={conversation.picture} isChannel={conversation.kind === 'channel'} size={size} />;
}

export function GroupPicture({ id, picture, isChannel = false, size = 44 }: { id: string | null; picture: Image | null; isChannel?: boolean; size?: 36 | 44 | 96 }) {
  return (
    <span className={cx(styles.group, styles[`size${size}`])} aria-hidden="true">
      {picture && id ? <SignedImage owner={{ conversation: id }} image={{ ...picture, alt: '' }} sizes={`${size}px`} cell={1} /> : isChannel ? <Hash /> : <Users />}
    </span>
  );
}
