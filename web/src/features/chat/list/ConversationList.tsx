import { useState } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { MessageSquare } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { toItems } from '@/api';
import { Button, EmptyState, InfiniteList, RowSkeleton, SkeletonList } from '@/ui';
import { conversationsQuery, requestsQuery } from '../api';
import { ConversationRow } from './ConversationRow';
import { RequestsEntry } from './RequestsEntry';

export function ConversationList({ selectedId, onNew }: { selectedId: string | undefined; onNew: () => void }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(conversationsQuery);
  const conversations = toItems(query.data, (conversation) => conversation.id);
  const skeleton = <SkeletonList of={RowSkeleton} count={5} />;
  const areRequestsKnown = !useInfiniteQuery(requestsQuery).isPending;
  // Requests stand above the list, so both come at once. What this device has kept of the list does not wait for them.
  const isKept = query.data !== undefined && query.isFetching;
  const [isShown, setShown] = useState(false);
  if (!isShown && (areRequestsKnown || isKept)) setShown(true);
  if (!isShown) return skeleton;
  return (
    <>
      <RequestsEntry />
      <InfiniteList
        query={query}
        isEmpty={conversations.length === 0}
        skeleton={skeleton}
        empty={<EmptyState icon={<MessageSquare />} title={t('chat.empty')} text={t('chat.emptyText')} action={<Button onPress={onNew}>{t('chat.writeSomeone')}</Button>} />}
      >
        <ul>
          {conversations.map((conversation) => (
            <ConversationRow key={conversation.id} conversation={conversation} isSelected={conversation.id === selectedId} />
          ))}
        </ul>
      </InfiniteList>
    </>
  );
}
