import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { useTranslation } from '@/i18n';
import { Card, Mark } from '@/ui';
import styles from './AuthPage.module.css';

/** The frame of the pages before the log-in. */
export function AuthPage({ title, lead, children, footer }: { title: string; lead?: ReactNode; children: ReactNode; footer?: ReactNode }) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${title} · Village`;
  }, [title]);
  return (
    <main className={styles.page}>
      <div className={styles.brand}>
        <Mark size={44} />
        <div>
          <p className={styles.name}>Village</p>
          <p className={styles.welcome}>{t('auth.welcome')}</p>
        </div>
      </div>
      <Card className={styles.card}>
        <h1>{title}</h1>
        {lead && <p className={styles.lead}>{lead}</p>}
        {children}
      </Card>
      {footer && <div className={styles.footer}>{footer}</div>}
    </main>
  );
}
