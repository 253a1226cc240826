import { useQuery, useQueryClient } from '@tanstack/react-query';
import { errorText, useTranslation } from '@/i18n';
import { messaging, type MessagingSettings } from '@/api';
import { messagingSettingsQuery } from '@/features/chat';
import { keys } from '@/entities';
import { ErrorState, Switch, showToast } from '@/ui';
import styles from './SettingsPage.module.css';

/** Both go both ways: who shows nothing sees nothing. */
export function MessagePrivacy() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery(messagingSettingsQuery);
  const { data, isPending } = query;
  if (!data && !isPending) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  async function change(part: Partial<MessagingSettings>) {
    const set = (value: MessagingSettings) => client.setQueryData<MessagingSettings>(keys.messagingSettings, value);
    if (data) set({ ...data, ...part });
    try {
      set(await messaging.changeSettings(part));
      await client.invalidateQueries({ queryKey: ['conversations'] });
    } catch (error) {
      if (data) set(data);
      showToast(errorText(t, error), { tone: 'error' });
    }
  }
  return (
    <div aria-busy={isPending}>
      <Switch label={t('settings.readReceipts')} isSelected={data?.read_receipts} onChange={(on) => void change({ read_receipts: on })} />
      <p className={styles.lead}>{t('settings.readReceiptsText')}</p>
      <Switch label={t('settings.presence')} isSelected={data?.presence} onChange={(on) => void change({ presence: on })} />
      <p className={styles.lead}>{t('settings.presenceText')}</p>
    </div>
  );
}
