import { useEffect, useRef } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { Navigate, Outlet, useRouterState } from '@tanstack/react-router';
import { CloudOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ComposeSheet, writeDraft } from '@/features/compose';
import { clearOutbox } from '@/features/chat';
import { useCredentials, useIsOffline } from '@/entities';
import { paths } from '@/paths';
import { cx } from '@/ui';
import { Aside } from './Aside';
import { useLive } from './live';
import { BottomBar, SideNav } from './Nav';
import styles from './Shell.module.css';
import { useMediaQuery } from './useMediaQuery';

/** Everything behind the log-in: navigation, the page, and on a wide screen the side column. */
export function Shell() {
  const credentials = useCredentials();
  const client = useQueryClient();
  const location = useRouterState({ select: (state) => state.location });
  const wasLoggedIn = useRef(false);
  useEffect(() => {
    if (credentials) {
      wasLoggedIn.current = true;
      return;
    }
    // What one person saw must not wait in memory for the next one.
    client.clear();
    clearOutbox();
    if (wasLoggedIn.current) writeDraft('');
  }, [credentials, client]);
  if (!credentials) {
    // Someone who logs out on purpose starts at Home next time; a link to a page is kept across the log-in.
    const next = wasLoggedIn.current ? undefined : location.pathname;
    return <Navigate to={paths.login} search={(next && next !== paths.home ? { next } : {}) as never} replace />;
  }
  return <ShellView userId={credentials.me.id} />;
}

function ShellView({ userId }: { userId: string }) {
  const { t } = useTranslation();
  useLive(userId);
  const pathname = useRouterState({ select: (state) => state.resolvedLocation?.pathname ?? state.location.pathname });
  const isChat = pathname.startsWith(paths.chat);
  const isWide = useMediaQuery('(min-width: 1160px)');
  useTitleFocus(pathname);
  return (
    <div className={cx(styles.shell, isChat && styles.chat)}>
      <a href="#main" className={styles.skip}>
        {t('common.skip')}
      </a>
      <SideNav />
      <main id="main" className={styles.main} tabIndex={-1}>
        <Reconnecting />
        <Outlet />
      </main>
      {isWide && !isChat && <Aside />}
      <BottomBar />
      <ComposeSheet />
    </div>
  );
}

function Reconnecting() {
  const { t } = useTranslation();
  const isOffline = useIsOffline();
  return (
    <div role="status">
      {isOffline && (
        <p className={styles.offline}>
          <CloudOff aria-hidden="true" />
          {t('status.reconnecting')}
        </p>
      )}
    </div>
  );
}

/** After a navigation screen readers continue at the new page's title, as they would after loading a page. */
function useTitleFocus(pathname: string): void {
  const previous = useRef(pathname);
  useEffect(() => {
    if (previous.current === pathname) return;
    previous.current = pathname;
    document.querySelector<HTMLElement>('[data-page-title]')?.focus({ preventScroll: true });
  }, [pathname]);
}
