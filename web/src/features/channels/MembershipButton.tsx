import { useState } from 'react';
import { errorText, useTranslation } from '@/i18n';
import type { Channel } from '@/api';
import { Button, Confirm, showToast } from '@/ui';
import { useJoin, useLeave } from './api';

/** Join or leave; nothing for the owner, who stays, and for the invited, who answer elsewhere. */
export function MembershipButton({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const join = useJoin();
  const leave = useLeave();
  const [asks, setAsks] = useState(false);
  const onError = (error: unknown) => {
    setAsks(false);
    showToast(errorText(t, error), { tone: 'error' });
  };
  const { name } = channel;

  if (channel.membership === 'owner' || channel.membership === 'invited') return null;
  if (channel.membership === 'member') {
    return (
      <>
        <Button variant="outline" onPress={() => setAsks(true)}>
          {t('channels.leave')}
        </Button>
        <Confirm
          isOpen={asks}
          onClose={() => setAsks(false)}
          onConfirm={() =>
            leave.mutate(channel, {
              onError,
              onSuccess: () => {
                setAsks(false);
                showToast(t('channels.left', { name }));
              },
            })
          }
          title={t('channels.leaveTitle', { name })}
          text={t(channel.visibility === 'private' ? 'channels.leaveTextPrivate' : 'channels.leaveText')}
          confirmLabel={t('channels.leave')}
          isBusy={leave.isPending}
        />
      </>
    );
  }
  return (
    <Button
      variant="soft"
      isBusy={join.isPending}
      aria-label={t('channels.joinNamed', { name })}
      onPress={() => join.mutate(channel, { onError, onSuccess: () => showToast(t('channels.joined', { name })) })}
    >
      {t('channels.join')}
    </Button>
  );
}
