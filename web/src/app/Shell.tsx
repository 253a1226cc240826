import { useEffect, useRef, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { Outlet, useRouter, useRouterState } from '@tanstack/react-router';
import { useTranslation } from '@/i18n';
import { ComposeSheet } from '@/features/compose';
import { rememberJoinCode } from '@/features/chat';
import { useCredentials } from '@/entities';
import { paths } from '@/paths';
import { cx, useMediaQuery } from '@/ui';
import { DeviceLines } from './DeviceLines';
import { keepForOffline } from './kept';
import { LateAside } from './LateAside';
import { useLive } from './live';
import { BottomBar, SideNav } from './Nav';
import styles from './Shell.module.css';
import { startServiceWorker } from './update';

/** Everything behind the log-in: navigation, the page, and on a wide screen the side column. */
export function Shell() {
  const credentials = useCredentials();
  const router = useRouter();
  // Set when this page was opened by someone logged in, who then logged out or was logged out.
  const [openedBy] = useState(credentials?.me.id);
  useEffect(() => {
    if (credentials) return;
    if (router.state.location.pathname === paths.chatJoin) rememberJoinCode(router.state.location.hash);
    // Someone who logs out on purpose starts at Home next time; a link to a page is kept across the log-in.
    const next = openedBy ? paths.home : router.state.location.pathname;
    void router.navigate({ to: paths.login, search: (next === paths.home ? {} : { next }) as never, replace: true });
  }, [credentials, openedBy, router]);
  return credentials && <ShellView key={credentials.me.id} userId={credentials.me.id} />;
}

function ShellView({ userId }: { userId: string }) {
  const { t } = useTranslation();
  useLive(userId);
  const client = useQueryClient();
  useEffect(() => keepForOffline(client, userId), [client, userId]);
  useEffect(() => startServiceWorker(), []);
  const pathname = useRouterState({ select: (state) => state.resolvedLocation?.pathname ?? state.location.pathname });
  const isChat = pathname === paths.chat || pathname.startsWith(`${paths.chat}/`);
  const isConversation = isChat && pathname !== paths.chat;
  const isWide = useMediaQuery('(min-width: 1160px)');
  useTitleFocus(pathname);
  return (
    <div className={cx(styles.shell, isChat && styles.chat, isConversation && styles.conversation)}>
      <a href="#main" className={styles.skip}>
        {t('common.skip')}
      </a>
      <SideNav />
      <main id="main" className={styles.main} tabIndex={-1}>
        <DeviceLines />
        <Outlet />
      </main>
      {isWide && !isChat && <LateAside />}
      <BottomBar stepsAside={isConversation} />
      <ComposeSheet />
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
