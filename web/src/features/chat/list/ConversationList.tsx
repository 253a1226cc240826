import { useInfiniteQuery } from '@tanstack/react-query';
import { MessageSquare } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { toItems } from '@/api';
import { Button, EmptyState, InfiniteList, RowSkeleton, SkeletonList } from '@/ui';
import { conversationsQuery } from '../api';
import { ConversationRow } from './ConversationRow';
import { RequestsEntry } from './RequestsEntry';

export function ConversationList({ selectedId, onNew }: { selectedId: string | undefined; onNew: () => void }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(conversationsQuery);
  const conversations = toItems(query.data, (conversation) => conversation.id);
  return (
    <>
      <RequestsEntry />
      <InfiniteList
        query={query}
        isEmpty={conversations.length === 0}
        skeleton={<SkeletonList of={RowSkeleton} count={5} />}
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
