import { useTranslation } from '@/i18n';
import type { Message } from '@/api';
import { Sheet, showToast } from '@/ui';
import { ChooseConversation } from '../list/ChooseConversation';
import { useNameOf } from '../names';
import { sendMessage } from '../outbox';

export function ForwardSheet({ message, onClose }: { message: Message; onClose: () => void }) {
  const { t } = useTranslation();
  const nameOf = useNameOf();
  return (
    <Sheet isOpen onClose={onClose} title={t('chat.forwardTo')}>
      <ChooseConversation
        onChoose={(conversation) => {
          sendMessage({ conversationId: conversation.id, body: '', forwardOf: { conversation_id: message.conversation_id, message_id: message.id } });
          showToast(t('chat.forwardedTo', { name: nameOf(conversation) }));
          onClose();
        }}
      />
    </Sheet>
  );
}
