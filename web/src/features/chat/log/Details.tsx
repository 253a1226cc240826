import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useTranslation } from '@/i18n';
import { messaging, pages, type Conversation, type Message } from '@/api';
import { PersonRow, keys } from '@/entities';
import { EmptyState, ErrorState, InfiniteList, RichText, RowSkeleton, Sheet, SkeletonList, fullTime } from '@/ui';
import styles from './Details.module.css';

/** What a message said before. */
export function EditsSheet({ message, onClose }: { message: Message; onClose: () => void }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: [...keys.messages(message.conversation_id), 'edits', message.id, message.changed_seq],
    queryFn: ({ signal }) => messaging.edits(message.conversation_id, message.id, signal),
  });
  return (
    <Sheet isOpen onClose={onClose} title={t('chat.editHistory')}>
      {query.isPending && <SkeletonList of={RowSkeleton} count={2} />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      <ol className={styles.edits}>
        {query.data?.items.map((edit) => (
          <li key={edit.written_at}>
            <time dateTime={edit.written_at}>{fullTime(edit.written_at)}</time>
            <RichText text={edit.body} />
          </li>
        ))}
        {query.data && (
          <li>
            <time dateTime={message.edited_at ?? message.created_at}>{t('chat.now')}</time>
            <RichText text={message.body} />
          </li>
        )}
      </ol>
    </Sheet>
  );
}

export function ReactionsSheet({ conversation, message, onClose }: { conversation: Conversation; message: Message; onClose: () => void }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery({
    queryKey: [...keys.messages(conversation.id), 'reactions', message.id, message.changed_seq],
    queryFn: ({ pageParam: cursor, signal }) => messaging.reactions(conversation.id, message.id, { cursor, signal }),
    ...pages,
  });
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Sheet isOpen onClose={onClose} title={t('chat.reactions')} isFlush>
      <InfiniteList query={query} isEmpty={items.length === 0} skeleton={<SkeletonList of={RowSkeleton} count={2} />} empty={<EmptyState title={t('chat.noReactions')} />}>
        <ul>
          {items.map(({ emoji, user }) => (
            <PersonRow key={`${emoji} ${user.id}`} person={user} action={<span className={styles.sign}>{emoji}</span>} />
          ))}
        </ul>
      </InfiniteList>
    </Sheet>
  );
}
