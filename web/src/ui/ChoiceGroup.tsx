import type { ReactNode } from 'react';
import { Label, Radio, RadioGroup } from 'react-aria-components';
import styles from './ChoiceGroup.module.css';

export interface Choice<T extends string> {
  value: T;
  label: string;
  icon?: ReactNode;
  hint?: string;
}

/** One of a few, all in view. */
export function ChoiceGroup<T extends string>({ label, value, choices, onChange }: { label: string; value: T; choices: Choice<T>[]; onChange: (value: T) => void }) {
  return (
    <RadioGroup className={styles.group ?? ''} value={value} onChange={(next) => onChange(next as T)}>
      <Label className={styles.label}>{label}</Label>
      <div className={styles.choices}>
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
