import type { ReactNode } from 'react';
import { Label, Radio, RadioGroup } from 'react-aria-components';
import styles from './ChoiceGroup.module.css';
import { cx } from './cx';

export interface Choice<T extends string> {
  value: T;
  label: string;
  icon?: ReactNode;
  hint?: string;
}

interface ChoiceGroupProps<T extends string> {
  label: string;
  value: T;
  choices: Choice<T>[];
  onChange: (value: T) => void;
  /** Sentences need the whole width of a phone. */
  isLong?: boolean;
}

/** One of a few, all in view. */
export function ChoiceGroup<T extends string>({ label, value, choices, onChange, isLong = false }: ChoiceGroupProps<T>) {
  return (
    <RadioGroup className={styles.group ?? ''} value={value} onChange={(next) => onChange(next as T)}>
      <Label className={styles.label}>{label}</Label>
      <div className={cx(styles.choices, isLong && styles.long)}>
        {choices.map((choice) => (
          <Radio key={choice.value} value={choice.value} className={styles.choice ?? ''}>
            {choice.icon}
            <span>
              <span className={styles.name}>{choice.label}</span>
              {choice.hint && <span className={styles.hint}>{choice.hint}</span>}
            </span>
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
