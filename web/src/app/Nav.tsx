import type { ReactNode } from 'react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { Bell, Hash, House, MessageSquare, Plus, Settings, User, Users } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { unreadQuery } from '@/features/chat';
import { openCompose } from '@/features/compose';
import { alertStateQuery } from '@/features/notifications';
import { keys, useMe } from '@/entities';
import { paths } from '@/paths';
import { AppLink, Badge, Mark, cx } from '@/ui';
import styles from './Nav.module.css';

function useUnread() {
  const messages = useQuery(unreadQuery);
  const alerts = useQuery(alertStateQuery);
  return { messages: messages.data?.unread_count ?? 0, alerts: alerts.data?.unread_count ?? 0 };
}

interface ItemProps {
  to: string;
  icon: ReactNode;
  label: string;
  unread?: number;
  /** A person chose it, and it may be long: it takes the width that the others leave. */
  isName?: boolean;
  onPress?: () => void;
}

function Item({ to, icon, label, unread = 0, isName = false, onPress }: ItemProps) {
  const { t } = useTranslation();
  return (
    <li>
      <AppLink to={to} className={styles.item} activeProps={{ className: cx(styles.item, styles.active), 'aria-current': 'page' }} activeOptions={{ exact: false }} onClick={onPress}>
        {icon}
        <span className={cx(styles.label, isName && styles.ownName)}>{label}</span>
        <Badge count={unread} label={t('common.unread', { count: unread })} />
      </AppLink>
    </li>
  );
}

/** Home pressed at Home means: to the top, and what is new. */
function useRefreshHome(): () => void {
  const client = useQueryClient();
  const router = useRouter();
  return () => {
    if (router.state.location.pathname !== paths.home) return;
    window.scrollTo({ top: 0 });
    void client.invalidateQueries({ queryKey: keys.feed });
  };
}

/** The column on a desktop, a rail of icons on a tablet. */
export function SideNav() {
  const { t } = useTranslation();
  const me = useMe();
  const unread = useUnread();
  const refreshHome = useRefreshHome();
  return (
    <nav className={styles.side} aria-label={t('nav.main')}>
      <AppLink to={paths.home} className={styles.brand} aria-label="Village">
        <Mark />
        <span className={styles.brandName}>Village</span>
      </AppLink>
      <ul>
        <Item to={paths.home} icon={<House aria-hidden="true" />} label={t('nav.home')} onPress={refreshHome} />
        <Item to={paths.channels} icon={<Hash aria-hidden="true" />} label={t('nav.channels')} />
        <Item to={paths.people} icon={<Users aria-hidden="true" />} label={t('nav.people')} />
        <Item to={paths.chat} icon={<MessageSquare aria-hidden="true" />} label={t('nav.messages')} unread={unread.messages} />
        <Item to={paths.alerts} icon={<Bell aria-hidden="true" />} label={t('nav.alerts')} unread={unread.alerts} />
        <Item to={paths.profile(me.handle)} icon={<User aria-hidden="true" />} label={me.display_name} isName />
        <Item to={paths.settings} icon={<Settings aria-hidden="true" />} label={t('nav.settings')} />
      </ul>
      <button type="button" className={styles.railPlus} onClick={() => openCompose()} aria-label={t('nav.newPost')}>
        <Plus aria-hidden="true" />
      </button>
    </nav>
  );
}

/** The bar under the thumb. It steps aside where the keyboard and a field to write in need the place. */
export function BottomBar({ stepsAside }: { stepsAside: boolean }) {
  const { t } = useTranslation();
  const unread = useUnread();
  const refreshHome = useRefreshHome();
  return (
    <nav className={cx(styles.bottom, stepsAside && styles.aside)} aria-label={t('nav.main')}>
      <ul>
        <Item to={paths.home} icon={<House aria-hidden="true" />} label={t('nav.home')} onPress={refreshHome} />
        <Item to={paths.channels} icon={<Hash aria-hidden="true" />} label={t('nav.channels')} />
        <li>
          <button type="button" className={styles.plus} onClick={() => openCompose()} aria-label={t('nav.newPost')}>
            <Plus aria-hidden="true" />
          </button>
        </li>
        <Item to={paths.chat} icon={<MessageSquare aria-hidden="true" />} label={t('nav.messages')} unread={unread.messages} />
        <Item to={paths.alerts} icon={<Bell aria-hidden="true" />} label={t('nav.alertsShort')} unread={unread.alerts} />
      </ul>
    </nav>
  );
}
