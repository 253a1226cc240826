import type { ReactNode } from 'react';
import styles from './States.module.css';

/** A sentence above a form that says why it did not work. */
export function FormError({ error }: { error: ReactNode }) {
  return (
    <div role="alert" className={styles.formErrorBox}>
      {error && <p className={styles.formError}>{error}</p>}
    </div>
  );
}
