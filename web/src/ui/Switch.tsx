import { Switch as AriaSwitch } from 'react-aria-components';
import styles from './Switch.module.css';

export function Switch({ label, isSelected, onChange, isDisabled }: { label: string; isSelected: boolean; onChange: (on: boolean) => void; isDisabled?: boolean }) {
  return (
    <AriaSwitch className={styles.switch ?? ''} isSelected={isSelected} onChange={onChange} isDisabled={isDisabled ?? false}>
      <span>{label}</span>
      <span className={styles.track} aria-hidden="true">
        <span className={styles.thumb} />
      </span>
    </AriaSwitch>
  );
}
