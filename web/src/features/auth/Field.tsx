import { useId, type InputHTMLAttributes } from 'react';
import { cx } from '@/ui';
import styles from '@/ui/TextField.module.css';

interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'prefix' | 'value'> {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string;
  /** What is wrong and what to do; shown instead of the hint. */
  error?: string | null | undefined;
  /** A sign in front of the text, as the @ of a handle. */
  sign?: string;
  /** For handles: no capital letters, no spelling. */
  isCode?: boolean;
}

/** Looks and speaks as `TextField` of the app does, without the library behind that one: these pages open first. */
export function Field({ label, value, onChange, hint, error, sign, isCode, ...rest }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  const code = isCode ? ({ autoCapitalize: 'none', autoCorrect: 'off', spellCheck: false } as const) : {};
  const input = (
    <input
      {...rest}
      {...code}
      id={id}
      // Addresses, handles and passwords are read from left to right in every language.
      dir={isCode || rest.type ? undefined : 'auto'}
      className={cx(styles.input, sign && styles.short)}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      aria-invalid={error ? true : undefined}
      data-invalid={error ? true : undefined}
      aria-describedby={note ? `${id}-note` : undefined}
    />
  );
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      {sign ? (
        <div className={styles.prefixed}>
          <span className={styles.prefix} aria-hidden="true">
            {sign}
          </span>
          {input}
        </div>
      ) : (
        input
      )}
      {note && (
        <span id={`${id}-note`} className={error ? styles.error : styles.hint}>
          {note}
        </span>
      )}
    </div>
  );
}
