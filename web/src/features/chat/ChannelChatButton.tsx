import { useState } from 'react';
import { MessageSquare } from 'lucide-react';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from '@/i18n';
import '@/i18n/chat';
import { messaging } from '@/api';
import { paths } from '@/paths';
import { Button } from '@/ui';
import { useAttempt, useTakeConversation } from './actions';

/** Takes part in the conversation of a channel one is a member of. */
export function ChannelChatButton({ channelId }: { channelId: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const attempt = useAttempt();
  const take = useTakeConversation();
  const [isBusy, setBusy] = useState(false);
  const open = async () => {
    setBusy(true);
    await attempt(async () => {
      const conversation = take(await messaging.joinChannel(channelId));
      await navigate({ to: paths.conversation(conversation.id) });
    });
    setBusy(false);
  };
  return (
    <Button variant="outline" isBusy={isBusy} onPress={() => void open()}>
      <MessageSquare aria-hidden="true" />
      {t('chat.openChannel')}
    </Button>
  );
}
