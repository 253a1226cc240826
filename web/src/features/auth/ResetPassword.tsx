import { useState } from 'react';
import { errorText, fieldErrors, useTranslation } from '@/i18n';
import { ApiError } from '@/api';
import { FormError } from '@/ui';
import { AuthPage } from './AuthPage';
import styles from './AuthPage.module.css';
import { Field } from './Field';
import { useResetPassword } from './requests';
import { checkPassword } from './rules';
import { SubmitButton } from './SubmitButton';

export function ResetPassword({ code, onDone }: { code: string; onDone: (notice?: string) => void }) {
  const { t } = useTranslation();
  const reset = useResetPassword();
  const [token, setToken] = useState(code);
  const [password, setPassword] = useState('');
  const [wasSent, setSent] = useState(false);
  const rule = checkPassword(password);

  function submit(event: React.FormEvent) {
    event.preventDefault();
    setSent(true);
    if (rule === null && token.trim()) {
      void reset.submit({ token: token.trim(), new_password: password }, { onSuccess: () => onDone(t('auth.resetDone')) });
    }
  }

  const refused = fieldErrors(t, reset.error).new_password;
  const codeRefused = reset.error instanceof ApiError && [401, 403, 404].includes(reset.error.status);
  return (
    <AuthPage
      title={t('auth.resetTitle')}
      lead={t('auth.forgotText')}
      footer={
        <p>
          <button type="button" className={styles.inlineButton} onClick={() => onDone()}>
            {t('auth.backToLogin')}
          </button>
        </p>
      }
    >
      <form className={styles.form} onSubmit={submit} noValidate>
        <FormError error={Boolean(reset.error) && !refused && (codeRefused ? t('auth.resetInvalid') : errorText(t, reset.error))} />
        <Field label={t('auth.resetCode')} value={token} onChange={setToken} autoComplete="one-time-code" />
        <Field
          label={t('auth.newPassword')}
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
          hint={t('auth.passwordHint')}
          error={wasSent && rule ? t(`auth.${rule}`) : refused}
        />
        <SubmitButton isBusy={reset.isPending}>
          {t('auth.setPassword')}
        </SubmitButton>
      </form>
    </AuthPage>
  );
}
