import { Compass } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { paths } from '@/paths';
import { EmptyState, LinkButton, PageHeader } from '@/ui';
import styles from './NotFoundPage.module.css';
import { useEndOfShell } from './opening';

export function NotFoundPage() {
  const { t } = useTranslation();
  useEndOfShell();
  return (
    <main className={styles.page}>
      <PageHeader title={t('notFound.title')} />
      <EmptyState icon={<Compass />} title={t('notFound.text')} action={<LinkButton to={paths.home}>{t('notFound.home')}</LinkButton>} />
    </main>
  );
}
