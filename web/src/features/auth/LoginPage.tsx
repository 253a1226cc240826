import { useState } from 'react';
import { errorText, useTranslation } from '@/i18n';
import { paths } from '@/paths';
import { FormError, focusFirstInvalid } from '@/ui';
import { AuthPage } from './AuthPage';
import styles from './AuthPage.module.css';
import { Field } from './Field';
import { usePlace } from './place';
import { PlaceLink } from './PlaceLink';
import { useLogIn, useRegistration } from './requests';
import { ResetPassword } from './ResetPassword';
import { checkEmail } from './rules';
import { SubmitButton } from './SubmitButton';

/** A reset link carries its code after the #, where no server log sees it. */
function resetCodeFromAddress(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get('reset');
  return code ?? (location.pathname === paths.reset ? '' : null);
}

export function LoginPage() {
  const [resetCode, setResetCode] = useState(resetCodeFromAddress);
  const [notice, setNotice] = useState('');
  const { go } = usePlace();
  if (resetCode === null) return <LoginForm notice={notice} onForgot={() => setResetCode('')} />;
  return (
    <ResetPassword
      code={resetCode}
      onDone={(text) => {
        go(paths.login, { replace: true });
        setNotice(text ?? '');
        setResetCode(null);
      }}
    />
  );
}

function LoginForm({ notice, onForgot }: { notice: string; onForgot: () => void }) {
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
    else void logIn.submit({ email: email.trim(), password });
  }

  const community = registration.data?.community_name ?? 'Village';
  const canSignUp = registration.data && (registration.data.mode === 'open' || registration.data.needs_owner);
  return (
    <AuthPage
      title={t('auth.loginTitle')}
      footer={
        <>
          <p>
            <button type="button" className={styles.inlineButton} onClick={onForgot}>
              {t('auth.forgot')}
            </button>
          </p>
          {/* Comes with an answer of the server, and last: it moves nothing. */}
          {canSignUp ? (
            <p>
              {t('auth.noAccount')} <PlaceLink to={paths.signup}>{t('auth.signup')}</PlaceLink>
            </p>
          ) : (
            registration.data && <p>{t('auth.inviteOnly', { community })}</p>
          )}
        </>
      }
    >
      <form className={styles.form} onSubmit={submit} noValidate>
        <p role="status" className={styles.notice}>
          {notice}
        </p>
        <FormError error={Boolean(logIn.error) && errorText(t, logIn.error)} />
        <Field
          label={t('auth.email')}
          type="email"
          name="email"
          autoComplete="username"
          inputMode="email"
          value={email}
          onChange={setEmail}
          error={missing.email ? t('auth.emailWrong') : null}
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- the one thing to do on this page
          autoFocus
        />
        <Field
          label={t('auth.password')}
          type="password"
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          error={missing.password ? t('auth.passwordMissing') : null}
        />
        <SubmitButton isBusy={logIn.isPending}>
          {t('auth.login')}
        </SubmitButton>
      </form>
    </AuthPage>
  );
}
