import { useEffect, useState } from 'react';
import type { Channel } from '@/api';
import { errorText, useTranslation } from '@/i18n';
import { Button, Confirm, showToast } from '@/ui';
import { isGone, useDecline, useJoin } from './api';

interface InvitationAnswerProps {
  channel: Pick<Channel, 'id' | 'name' | 'visibility'>;
  onDeclined?: () => void;
}

/** Accept or decline. Declining a private channel is asked for once more: only a new invitation brings it back. */
export function InvitationAnswer({ channel, onDeclined }: InvitationAnswerProps) {
  const { t } = useTranslation();
  const join = useJoin();
  const decline = useDecline();
  const [asks, setAsks] = useState(false);
  useFocusAfterwards();
  const { name } = channel;
  const say = (error: unknown) => showToast(isGone(error) ? t('channels.invitationGone', { name }) : errorText(t, error), { tone: 'error' });

  // Promises and not callbacks of `mutate`: the row is gone before those would be called.
  const accept = () => join.mutateAsync(channel).then(() => showToast(t('channels.joined', { name })), say);
  const declineNow = () =>
    decline.mutateAsync(channel).then(
      () => {
        showToast(t('channels.declined', { name }));
        onDeclined?.();
      },
      (error) => {
        setAsks(false);
        say(error);
      },
    );

  return (
    <>
      <Button isBusy={join.isPending} isDisabled={decline.isPending} aria-label={t('channels.acceptNamed', { name })} onPress={() => void accept()}>
        {t('channels.accept')}
      </Button>
      <Button
        variant="outline"
        isBusy={decline.isPending}
        isDisabled={join.isPending}
        aria-label={t('channels.declineNamed', { name })}
        onPress={() => (channel.visibility === 'private' ? setAsks(true) : void declineNow())}
      >
        {t('channels.decline')}
      </Button>
      <Confirm
        isOpen={asks}
        onClose={() => setAsks(false)}
        onConfirm={() => void declineNow()}
        title={t('channels.declineTitle', { name })}
        text={t('channels.declineText')}
        confirmLabel={t('channels.decline')}
        isBusy={decline.isPending}
      />
    </>
  );
}

/** The buttons go with the answer, and with a withdrawal. Whoever had the focus there goes on at the title of the page. */
function useFocusAfterwards(): void {
  useEffect(
    () => () => {
      setTimeout(() => {
        const isLost = document.activeElement === null || document.activeElement === document.body;
        if (isLost) document.querySelector<HTMLElement>('[data-page-title]')?.focus({ preventScroll: true });
      });
    },
    [],
  );
}
