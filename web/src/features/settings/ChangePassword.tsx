import { useState } from 'react';
import { errorText, fieldErrors, useTranslation } from '@/i18n';
import { ApiError } from '@/api';
import { checkPassword } from '@/features/auth';
import { useMe } from '@/entities';
import { Button, FormError, TextField, showToast } from '@/ui';
import { useChangePassword } from './api';
import styles from './SettingsPage.module.css';

export function ChangePassword() {
  const { t } = useTranslation();
  const me = useMe();
  const change = useChangePassword();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [wasSent, setSent] = useState(false);
  const rule = checkPassword(next);
  const refused = fieldErrors(t, change.error).new_password;
  const isWrong = change.error instanceof ApiError && change.error.code === 'wrong_password';

  function submit(event: React.FormEvent) {
    event.preventDefault();
    setSent(true);
    if (rule || !current) return;
    change.mutate(
      { current_password: current, new_password: next },
      {
        onSuccess: () => {
          setCurrent('');
          setNext('');
          setSent(false);
          showToast(t('settings.passwordChanged'));
        },
      },
    );
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <FormError error={change.error && !isWrong && !refused && errorText(t, change.error)} />
      {/* For password managers, which otherwise guess whose password this is. */}
      <input type="text" name="username" autoComplete="username" value={me.email} readOnly hidden />
      <TextField
        label={t('settings.currentPassword')}
        type="password"
        autoComplete="current-password"
        value={current}
        onChange={setCurrent}
        error={isWrong ? t('errors.wrong_password') : wasSent && !current ? t('auth.passwordMissing') : null}
      />
      <TextField
        label={t('settings.newPassword')}
        type="password"
        autoComplete="new-password"
        value={next}
        onChange={setNext}
        hint={t('auth.passwordHint')}
        error={wasSent && rule ? t(`auth.${rule}`) : refused}
      />
      <div>
        <Button type="submit" variant="outline" isBusy={change.isPending}>
          {t('settings.changePassword')}
        </Button>
      </div>
    </form>
  );
}
