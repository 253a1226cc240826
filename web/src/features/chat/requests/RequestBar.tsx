import { useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from '@/i18n';
import { messaging, type Conversation } from '@/api';
import { useBlock } from '@/features/people';
import { keys } from '@/entities';
import { paths } from '@/paths';
import { Button, Confirm } from '@/ui';
import { useAttempt, useTakeConversation } from '../actions';
import { putInList } from '../cache';
import styles from './requests.module.css';

/** Nothing one does here is told to the other, until one accepts. */
export function RequestBar({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const attempt = useAttempt();
  const take = useTakeConversation();
  const asker = conversation.added_by ?? conversation.peer;
  const block = useBlock(asker?.id ?? '');
  const [isBlocking, setBlocking] = useState(false);
  const [busy, setBusy] = useState<'accept' | 'decline' | null>(null);
  const { id, kind } = conversation;
  const name = asker?.display_name ?? t('chat.someone');

  async function answer(what: 'accept' | 'decline') {
    setBusy(what);
    const isDone = await attempt(
      async () => {
        if (what === 'accept') {
          take(await messaging.accept(id));
          await client.invalidateQueries({ queryKey: keys.unreadMessages });
          return;
        }
        await messaging.decline(id);
        putInList(client, { ...conversation, state: kind === 'direct' ? 'declined' : 'left' });
        client.removeQueries({ queryKey: keys.conversation(id) });
      },
      what === 'decline' ? t('chat.declined') : undefined,
    );
    setBusy(null);
    if (isDone && what === 'decline') void navigate({ to: paths.chat });
  }

  return (
    <div className={styles.bar}>
      <p>{t(kind === 'direct' ? 'chat.requestText' : 'chat.requestGroupText', { name })}</p>
      <div className={styles.buttons}>
        <Button onPress={() => void answer('accept')} isBusy={busy === 'accept'}>
          {t('chat.accept')}
        </Button>
        <Button variant="outline" onPress={() => void answer('decline')} isBusy={busy === 'decline'}>
          {t('chat.decline')}
        </Button>
        {asker && (
          <Button variant="quiet" onPress={() => setBlocking(true)}>
            {t('people.block')}
          </Button>
        )}
      </div>
      <Confirm
        isOpen={isBlocking}
        onClose={() => setBlocking(false)}
        title={t('people.blockTitle', { name })}
        text={t('people.blockText')}
        confirmLabel={t('people.block')}
        isBusy={block.isPending}
        onConfirm={() =>
          void attempt(async () => {
            await block.mutateAsync(true);
            setBlocking(false);
            await answer('decline');
          })
        }
      />
    </div>
  );
}
