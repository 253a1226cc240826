import { errorText, useTranslation } from '@/i18n';
import { paths } from '@/paths';
import { Button, FormError, TextField, copyText, showToast } from '@/ui';
import { useCreateInvitation } from './api';
import styles from './SettingsPage.module.css';

export function Invite() {
  const { t } = useTranslation();
  const create = useCreateInvitation();
  const invitation = create.data;
  // The address people use right now is the one that works; the server may know itself by another name.
  const link = invitation && location.origin + paths.join(invitation.code);

  async function copy() {
    if (!link) return;
    if (await copyText(link)) showToast(t('settings.linkCopied'));
  }

  return (
    <div className={styles.form}>
      <FormError error={create.error && errorText(t, create.error)} />
      {link ? (
        <div className={styles.link}>
          <TextField label={t('settings.inviteLink')} value={link} isReadOnly />
          <Button onPress={() => void copy()}>{t('settings.copyLink')}</Button>
        </div>
      ) : (
        <div>
          <Button isBusy={create.isPending} onPress={() => create.mutate()}>
            {t('settings.createInvite')}
          </Button>
        </div>
      )}
    </div>
  );
}
