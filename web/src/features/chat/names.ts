// What a conversation is called, for the person who looks at it.
import { useTranslation } from '@/i18n';
import '@/i18n/chat';
import type { Conversation } from '@/api';

type Named = Pick<Conversation, 'kind' | 'name' | 'peer' | 'channel' | 'added_by'>;

export function useNameOf(): (conversation: Named | undefined) => string {
  const { t } = useTranslation();
  return (conversation) => {
    if (!conversation) return '';
    if (conversation.kind === 'direct') return conversation.peer?.display_name ?? t('chat.someone');
    return conversation.name ?? conversation.channel?.name ?? t('chat.unnamed');
  };
}

export function useName(conversation: Named | undefined): string {
  return useNameOf()(conversation);
}

export function infoTitle(kind: Conversation['kind']): 'chat.info' | 'chat.infoDirect' | 'chat.infoChannel' {
  if (kind === 'direct') return 'chat.infoDirect';
  return kind === 'channel' ? 'chat.infoChannel' : 'chat.info';
}
