import { useState } from 'react';
import { useRouter } from '@tanstack/react-router';
import { errorText, useTranslation } from '@/i18n';
import { paths } from '@/paths';
import { AppLink, Button, FormError, TextField, focusFirstInvalid, showToast } from '@/ui';
import { useLogIn, useRegistration } from './api';
import { AuthPage } from './AuthPage';
import styles from './AuthPage.module.css';
import { ResetPassword } from './ResetPassword';
import { checkEmail } from './rules';

/** A reset link carries its code after the #, where no server log sees it. */
function resetCodeFromAddress(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get('reset');
  return code ?? (location.pathname === paths.reset ? '' : null);
}

export function LoginPage() {
  const [resetCode, setResetCode] = useState(resetCodeFromAddress);
  const router = useRouter();
  if (resetCode === null) return <LoginForm onForgot={() => setResetCode('')} />;
  return (
    <ResetPassword
      code={resetCode}
      onDone={(text) => {
        void router.navigate({ to: paths.login, hash: '', replace: true });
        if (text) showToast(text);
        setResetCode(null);
      }}
    />
  );
}

function LoginForm({ onForgot }: { onForgot: () => void }) {
  const { t } = useTranslation();
  const registration = useRegistration();
  const logIn = useLogIn();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState({ email: false, password: false });

  function submit(event: React.FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const wrong = { email: checkEmail(email.trim()) !== null, password: password === '' };
    setMissing(wrong);
    if (wrong.email || wrong.password) focusFirstInvalid(event.currentTarget);
    else logIn.mutate({ email: email.trim(), password });
  }

  const community = registration.data?.community_name ?? 'Village';
  const canSignUp = registration.data && (registration.data.mode === 'open' || registration.data.needs_owner);
  return (
    <AuthPage
      title={t('auth.loginTitle')}
      footer={
        <>
          {canSignUp ? (
            <p>
              {t('auth.noAccount')} <AppLink to={paths.signup}>{t('auth.signup')}</AppLink>
            </p>
          ) : (
            registration.data && <p>{t('auth.inviteOnly', { community })}</p>
          )}
          <p>
            <button type="button" className={styles.inlineButton} onClick={onForgot}>
              {t('auth.forgot')}
            </button>
          </p>
        </>
      }
    >
      <form className={styles.form} onSubmit={submit} noValidate>
        <FormError error={logIn.error && errorText(t, logIn.error)} />
        <TextField
          label={t('auth.email')}
          type="email"
          name="email"
          autoComplete="username"
          inputMode="email"
          value={email}
          onChange={setEmail}
          error={missing.email ? t('auth.emailWrong') : null}
          autoFocus
        />
        <TextField
          label={t('auth.password')}
          type="password"
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          error={missing.password ? t('auth.passwordMissing') : null}
        />
        <Button type="submit" wide isBusy={logIn.isPending}>
          {t('auth.login')}
        </Button>
      </form>
    </AuthPage>
  );
}
