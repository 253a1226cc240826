import { useState } from 'react';
import { errorText, fieldErrors, useTranslation } from '@/i18n';
import { ApiError } from '@/api';
import { paths } from '@/paths';
import { tidyName } from '@/text';
import { EmptyState, FormError, focusFirstInvalid } from '@/ui';
import { AuthPage } from './AuthPage';
import styles from './AuthPage.module.css';
import { Field } from './Field';
import { PlaceLink } from './PlaceLink';
import { useInvitationCheck, useRegistration, useSignUp } from './requests';
import { checkDisplayName, checkEmail, checkHandle, checkPassword } from './rules';
import { SubmitButton } from './SubmitButton';

export function SignupPage() {
  const { t } = useTranslation();
  const registration = useRegistration();
  return (
    <AuthPage title={t('auth.signupTitle')} lead={registration.data?.needs_owner ? t('auth.signupOwner') : undefined} footer={<LoginInstead />}>
      <SignupForm asksForInvitation={registration.data?.mode === 'invite'} />
    </AuthPage>
  );
}

/** Opened by an invitation link: the code is checked before anyone types a word. */
export function JoinPage({ code }: { code: string }) {
  const { t } = useTranslation();
  const registration = useRegistration();
  const check = useInvitationCheck(code);
  const gone = check.error instanceof ApiError && check.error.status === 404;
  return (
    <AuthPage
      title={t('auth.signupTitle')}
      lead={check.data && t('auth.invited', { community: registration.data?.community_name ?? 'Village' })}
      footer={<LoginInstead />}
    >
      {!check.data && !check.error && <p role="status">{t('auth.invitationChecking')}</p>}
      {gone && <EmptyState title={t('auth.invitationGone')} text={t('auth.invitationGoneText')} />}
      {Boolean(check.error) && !gone && (
        <div role="alert">
          <EmptyState
            title={errorText(t, check.error)}
            action={
              <button type="button" className={styles.inlineButton} onClick={check.retry}>
                {t('common.retry')}
              </button>
            }
          />
        </div>
      )}
      {check.data && <SignupForm invitation={code} />}
    </AuthPage>
  );
}

function LoginInstead() {
  const { t } = useTranslation();
  return (
    <p>
      {t('auth.haveAccount')} <PlaceLink to={paths.login}>{t('auth.login')}</PlaceLink>
    </p>
  );
}

type Field = 'email' | 'password' | 'handle' | 'display_name' | 'invitation';

function SignupForm({ invitation, asksForInvitation }: { invitation?: string; asksForInvitation?: boolean }) {
  const { t } = useTranslation();
  const signUp = useSignUp();
  const [values, setValues] = useState({ email: '', password: '', handle: '', display_name: '', invitation: '' });
  const [wasSent, setSent] = useState(false);
  const [changedSince, setChangedSince] = useState<ReadonlySet<Field>>(new Set());

  const rules = {
    email: checkEmail(values.email.trim()),
    password: checkPassword(values.password),
    handle: checkHandle(values.handle),
    display_name: checkDisplayName(values.display_name),
    invitation: asksForInvitation && !values.invitation.trim() ? ('invitationMissing' as const) : null,
  };
  const fromServer: Record<string, string> = fieldErrors(t, signUp.error);
  if (signUp.error instanceof ApiError) {
    if (signUp.error.code === 'handle_taken') fromServer.handle = t('errors.handle_taken');
    if (signUp.error.code === 'email_taken') fromServer.email = t('errors.email_taken');
  }
  const errorOf = (field: Field): string | null => {
    const rule = rules[field];
    if (wasSent && rule) return t(`auth.${rule}`);
    return changedSince.has(field) ? null : (fromServer[field] ?? null);
  };
  const set = (field: Field) => (value: string) => {
    setValues((old) => ({ ...old, [field]: field === 'handle' ? value.toLowerCase() : value }));
    setChangedSince((old) => new Set(old).add(field));
  };

  function submit(event: React.FormEvent<HTMLFormElement>) {
    const form = event.currentTarget;
    event.preventDefault();
    setSent(true);
    setChangedSince(new Set());
    if (Object.values(rules).some(Boolean)) {
      focusFirstInvalid(form);
      return;
    }
    // Whatever people paste, a whole link or its last part, the code is what follows the last slash.
    const code = invitation ?? values.invitation.trim().split('/').at(-1);
    const account = { email: values.email.trim(), password: values.password, handle: values.handle, display_name: tidyName(values.display_name) };
    void signUp.submit({ ...account, ...(code ? { invitation: code } : {}) }, { onError: () => focusFirstInvalid(form) });
  }

  const hasFieldErrors = Object.keys(fromServer).length > 0;
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <FormError error={Boolean(signUp.error) && !hasFieldErrors && errorText(t, signUp.error)} />
      {asksForInvitation && (
        <Field label={t('auth.invitation')} value={values.invitation} onChange={set('invitation')} hint={t('auth.invitationHint')} error={errorOf('invitation')} />
      )}
      <Field
        label={t('auth.displayName')}
        name="name"
        autoComplete="name"
        value={values.display_name}
        onChange={set('display_name')}
        hint={t('auth.displayNameHint')}
        error={errorOf('display_name')}
      />
      <Field
        label={t('auth.handle')}
        name="handle"
        autoComplete="off"
        isCode
        sign="@"
        value={values.handle}
        onChange={set('handle')}
        hint={t('auth.handleHint')}
        error={errorOf('handle')}
      />
      <Field label={t('auth.email')} type="email" name="email" autoComplete="username" inputMode="email" value={values.email} onChange={set('email')} error={errorOf('email')} />
      <Field
        label={t('auth.password')}
        type="password"
        name="password"
        autoComplete="new-password"
        value={values.password}
        onChange={set('password')}
        hint={t('auth.passwordHint')}
        error={errorOf('password')}
      />
      <SubmitButton isBusy={signUp.isPending}>
        {t('auth.signup')}
      </SubmitButton>
    </form>
  );
}
