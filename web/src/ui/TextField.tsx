import type { ReactNode, Ref } from 'react';
import { FieldError, Input, Label, Text, TextArea, TextField as AriaTextField, type TextFieldProps as AriaTextFieldProps } from 'react-aria-components';
import { cx } from './cx';
import styles from './TextField.module.css';

interface TextFieldProps extends Omit<AriaTextFieldProps, 'children' | 'className' | 'style'> {
  label: string;
  hint?: string | undefined;
  /** What is wrong and what to do; shown instead of the hint. */
  error?: string | null | undefined;
  placeholder?: string;
  multiline?: boolean;
  rows?: number;
  /** A sign in front of the text, as the @ of a handle. */
  prefix?: ReactNode;
  prefixIsShort?: boolean;
  hideLabel?: boolean;
  /** For handles and addresses: no capital letters, no spelling. */
  isCode?: boolean;
  inputRef?: Ref<HTMLInputElement>;
}

export function TextField({ label, hint, error, placeholder, multiline, rows, prefix, prefixIsShort, hideLabel, isCode, inputRef, ...rest }: TextFieldProps) {
  // Addresses, handles and passwords are read from left to right in every language.
  const dir = isCode || rest.type ? undefined : 'auto';
  const input = multiline ? (
    <TextArea dir="auto" className={styles.input} placeholder={placeholder ?? ''} rows={rows ?? 3} />
  ) : (
    <Input dir={dir} className={cx(styles.input, prefixIsShort && styles.short)} placeholder={placeholder ?? ''} {...(isCode ? { autoCapitalize: 'none', autoCorrect: 'off', spellCheck: false } : {})} ref={inputRef ?? null} />
  );
  return (
    // The server decides what is valid; native bubbles would show a second, different message.
    <AriaTextField {...rest} isInvalid={Boolean(error)} validationBehavior="aria" className={styles.field} {...(hideLabel ? { 'aria-label': label } : {})}>
      {!hideLabel && <Label className={styles.label}>{label}</Label>}
      {prefix ? (
        <div className={styles.prefixed}>
          <span className={styles.prefix} aria-hidden="true">
            {prefix}
          </span>
          {input}
        </div>
      ) : (
        input
      )}
      {error ? (
        <FieldError className={styles.error}>{error}</FieldError>
      ) : (
        hint && (
          <Text slot="description" className={styles.hint}>
            {hint}
          </Text>
        )
      )}
    </AriaTextField>
  );
}
