import { useSyncExternalStore } from 'react';
import { X } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { AppLink } from './AppLink';
import { IconButton } from './Button';
import { cx } from './cx';
import { dismissToast, toastStore } from './toast';
import styles from './Toaster.module.css';

export function Toaster() {
  const { t } = useTranslation();
  const toasts = useSyncExternalStore(toastStore.subscribe, toastStore.get);
  return (
    // A log that exists from the start: regions added later are often not announced.
    <div className={styles.toaster} role="log" aria-live="polite" aria-label={t('common.messagesRegion')} data-react-aria-top-layer="true">
      {toasts.map((toast) => (
        <div key={toast.id} className={cx(styles.toast, toast.tone === 'error' && styles.error)}>
          {toast.to ? (
            <AppLink to={toast.to} className={styles.text} onClick={() => dismissToast(toast.id)}>
              {toast.text}
            </AppLink>
          ) : (
            <span className={styles.text}>{toast.text}</span>
          )}
          <IconButton className={styles.close ?? ''} label={t('common.dismiss')} icon={<X />} onPress={() => dismissToast(toast.id)} />
        </div>
      ))}
    </div>
  );
}
