import { useState } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { toItems, type Conversation } from '@/api';
import { isBlank } from '@/text';
import { EmptyState, InfiniteList, RowSkeleton, SkeletonList, TextField } from '@/ui';
import { conversationsQuery } from '../api';
import { ConversationPicture } from '../ConversationPicture';
import { useNameOf } from '../names';
import styles from './ConversationList.module.css';
import { matchingConversations } from './search';

export function ChooseConversation({ onChoose }: { onChoose: (conversation: Conversation) => void }) {
  const { t } = useTranslation();
  const nameOf = useNameOf();
  const [text, setText] = useState('');
  const query = useInfiniteQuery(conversationsQuery);
  const all = toItems(query.data, ({ id }) => id).filter((conversation) => conversation.can_send);
  const shown = isBlank(text) ? all : matchingConversations(all, nameOf, text);
  return (
    <div className={styles.choose}>
      <TextField label={t('chat.findConversation')} hideLabel type="search" placeholder={t('chat.findConversation')} prefix={<Search />} value={text} onChange={setText} autoFocus />
      <InfiniteList query={query} isEmpty={shown.length === 0} skeleton={<SkeletonList of={RowSkeleton} count={4} />} empty={<EmptyState title={t('chat.noneFound')} />}>
        <ul>
          {shown.map((conversation) => (
            <li key={conversation.id}>
              <button type="button" className={styles.row} onClick={() => onChoose(conversation)}>
                <ConversationPicture conversation={conversation} size={36} />
                <span className={styles.words}>
                  <span className={styles.name} dir="auto">
                    {nameOf(conversation)}
                  </span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </InfiniteList>
    </div>
  );
}
