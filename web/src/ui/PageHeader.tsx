import { useEffect, type ReactNode } from 'react';
import { ArrowLeft } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { useCanGoBack, useRouter } from '@tanstack/react-router';
import { IconButton } from './Button';
import { cx } from './cx';
import styles from './PageHeader.module.css';

interface PageHeaderProps {
  title: ReactNode;
  /** The same as plain text, for the browser's tab. Needed when `title` is more than a string. */
  documentTitle?: string | undefined;
  actions?: ReactNode;
  /** Where the arrow leads when there is no page to go back to. */
  back?: string;
}

/** A title that may take several lines on a phone scrolls away with the page and covers nothing. */
const LONG_TITLE = 20;

export function PageHeader({ title, documentTitle, actions, back }: PageHeaderProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const canGoBack = useCanGoBack();
  const text = documentTitle ?? (typeof title === 'string' ? title : '');
  useEffect(() => {
    document.title = text ? `${text} · Village` : 'Village';
  }, [text]);
  return (
    <header className={cx(styles.header, [...text].length > LONG_TITLE && styles.long)}>
      {back && (
        <IconButton
          className={styles.back ?? ''}
          label={t('common.back')}
          icon={<ArrowLeft className={styles.arrow} />}
          onPress={() => (canGoBack ? router.history.back() : void router.navigate({ to: back }))}
        />
      )}
      <h1 className={styles.title} tabIndex={-1} dir="auto" data-page-title>
        {title}
      </h1>
      {actions && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}
