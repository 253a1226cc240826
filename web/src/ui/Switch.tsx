import { Switch as AriaSwitch } from 'react-aria-components';
import { cx } from './cx';
import styles from './Switch.module.css';

interface SwitchProps {
  label: string;
  /** Undefined as long as it is not known: the words have their place, and there is nothing to press yet. */
  isSelected: boolean | undefined;
  onChange: (on: boolean) => void;
}

export function Switch({ label, isSelected, onChange }: SwitchProps) {
  const isWaiting = isSelected === undefined;
  return (
    <AriaSwitch className={styles.switch ?? ''} isSelected={isSelected ?? false} onChange={onChange} isDisabled={isWaiting}>
      <span>{label}</span>
      <span className={cx(styles.track, isWaiting && styles.waiting)} aria-hidden="true">
        <span className={styles.thumb} />
      </span>
    </AriaSwitch>
  );
}
