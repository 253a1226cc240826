import type { ReactNode, Ref } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';
import { useTranslation } from '@/i18n';
import { AppLink } from './AppLink';
import styles from './Button.module.css';
import { cx } from './cx';
import { VisuallyHidden } from './VisuallyHidden';

export type ButtonVariant = 'primary' | 'soft' | 'outline' | 'quiet' | 'danger';

interface ButtonProps extends Omit<AriaButtonProps, 'children' | 'className' | 'style'> {
  children: ReactNode;
  variant?: ButtonVariant;
  wide?: boolean;
  /** Stays focusable and keeps its width while the work goes on. */
  isBusy?: boolean;
  className?: string;
}

export function Button({ children, variant = 'primary', wide, isBusy, className, ...rest }: ButtonProps) {
  const { t } = useTranslation();
  // Not the library's `isPending`: its announcement refers to the button, which is often gone before it is read.
  const whileBusy: AriaButtonProps = isBusy ? { onPress: () => undefined, type: 'button' } : {};
  return (
    <AriaButton {...rest} {...whileBusy} className={cx(styles.button, styles[variant], wide && styles.wide, isBusy && styles.busy, className)}>
      <span className={styles.label}>{children}</span>
      {isBusy && (
        <>
          <span className={styles.spinner} aria-hidden="true" />
          <VisuallyHidden>{t('common.loading')}</VisuallyHidden>
        </>
      )}
    </AriaButton>
  );
}

interface IconButtonProps extends Omit<AriaButtonProps, 'children' | 'className' | 'style'> {
  ref?: Ref<HTMLButtonElement>;
  /** What the button does, in words: there is no other text. */
  label: string;
  icon: ReactNode;
  variant?: ButtonVariant;
  className?: string;
}

export function IconButton({ label, icon, variant = 'quiet', className, ...rest }: IconButtonProps) {
  return (
    <AriaButton {...rest} aria-label={label} className={cx(styles.button, styles[variant], styles.icon, className)}>
      {icon}
    </AriaButton>
  );
}

interface LinkButtonProps {
  to: string;
  children: ReactNode;
  variant?: ButtonVariant;
  wide?: boolean;
}

/** A link that looks like a button: it goes somewhere, so it stays a link. */
export function LinkButton({ to, children, variant = 'primary', wide }: LinkButtonProps) {
  return (
    <AppLink to={to} className={cx(styles.button, styles[variant], wide && styles.wide)}>
      {children}
    </AppLink>
  );
}
