import { useEffect } from 'react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { Bell, Heart, Mail, MessageSquare, PenLine, UserPlus } from 'lucide-react';
import { Trans, useTranslation } from '@/i18n';
import { toItems, type Notification } from '@/api';
import { PersonAvatar, keys } from '@/entities';
import { AppLink, Card, EmptyState, InfiniteList, PageHeader, RelativeTime, RowSkeleton, SkeletonList, VisuallyHidden, cx } from '@/ui';
import styles from './AlertsPage.module.css';
import { alertStateQuery, alertsQuery, useMarkAlertsRead } from './api';
import { alertPath, alertText } from './text';

/** Long enough to have looked. */
const READ_AFTER_MS = 1_200;

export function AlertsPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(alertsQuery);
  const alerts = toItems(query.data, (alert) => alert.id);
  useReadOnView(query.isSuccess);
  return (
    <>
      <PageHeader title={t('alerts.title')} />
      <Card flush>
        <InfiniteList
          query={query}
          isEmpty={alerts.length === 0}
          skeleton={<SkeletonList of={RowSkeleton} count={6} />}
          empty={<EmptyState icon={<Bell />} title={t('alerts.empty')} text={t('alerts.emptyText')} />}
          end={t('alerts.end')}
        >
          <ul>
            {alerts.map((alert) => (
              <AlertRow key={alert.id} alert={alert} />
            ))}
          </ul>
        </InfiniteList>
      </Card>
    </>
  );
}

function useReadOnView(isLoaded: boolean): void {
  const client = useQueryClient();
  const { data: state } = useQuery(alertStateQuery);
  const { mutate } = useMarkAlertsRead();
  const unread = state?.unread_count ?? 0;
  const seq = state?.seq ?? 0;
  useEffect(() => {
    if (!isLoaded || unread === 0) return undefined;
    const timer = setTimeout(() => document.visibilityState === 'visible' && mutate(seq), READ_AFTER_MS);
    return () => clearTimeout(timer);
  }, [isLoaded, unread, seq, mutate]);
  // The dots go with the next visit.
  useEffect(() => () => void client.invalidateQueries({ queryKey: keys.alerts }), [client]);
}

const ICONS = { post_published: PenLine, comment_added: MessageSquare, post_liked: Heart, followed: UserPlus, message_sent: MessageSquare, channel_invited: Mail };

function AlertRow({ alert }: { alert: Notification }) {
  const { t } = useTranslation();
  const Icon = ICONS[alert.kind] ?? Bell;
  const [actor] = alert.actors;
  return (
    <li className={styles.item}>
      <AppLink to={alertPath(alert)} className={cx(styles.row, !alert.read && styles.unread)}>
        <span className={styles.picture}>
          {actor && <PersonAvatar person={actor} />}
          <span className={cx(styles.kind, alert.kind === 'post_liked' && styles.warm)} aria-hidden="true">
            <Icon />
          </span>
        </span>
        <span className={styles.words}>
          <span className={styles.text}>
            <Trans defaults={alertText(t, alert)} components={{ b: <b /> }} />
          </span>
          {alert.post?.excerpt && (
            <span className={styles.excerpt} dir="auto">
              {alert.post.excerpt}
            </span>
          )}
          <RelativeTime iso={alert.updated_at} className={styles.time} />
        </span>
        {!alert.read && (
          <span className={styles.dot}>
            <VisuallyHidden>{t('alerts.unread')}</VisuallyHidden>
          </span>
        )}
      </AppLink>
    </li>
  );
}
