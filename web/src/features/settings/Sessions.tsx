import { useInfiniteQuery } from '@tanstack/react-query';
import { errorText, useTranslation } from '@/i18n';
import { toItems, type SessionInfo } from '@/api';
import { Button, InfiniteList, RelativeTime, RowSkeleton, SkeletonList, showToast } from '@/ui';
import { sessionsQuery, useRevokeSession } from './api';
import { deviceName } from './device';
import styles from './SettingsPage.module.css';

export function Sessions() {
  const query = useInfiniteQuery(sessionsQuery);
  const sessions = toItems(query.data, (session) => session.id);
  return (
    <InfiniteList query={query} isEmpty={sessions.length === 0} skeleton={<SkeletonList of={RowSkeleton} count={2} />} empty={null}>
      <ul>
        {sessions.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </ul>
    </InfiniteList>
  );
}

function SessionRow({ session }: { session: SessionInfo }) {
  const { t } = useTranslation();
  const revoke = useRevokeSession();
  const name = deviceName(session.user_agent) ?? t('settings.unknownDevice');
  return (
    <li className={styles.row}>
      <div className={styles.words}>
        <p className={styles.name}>{name}</p>
        <p className={styles.meta}>
          {session.current ? (
            <span className={styles.current}>{t('settings.thisDevice')}</span>
          ) : (
            <>
              {t('settings.lastUsed')} <RelativeTime iso={session.last_used_at} />
            </>
          )}
        </p>
      </div>
      {!session.current && (
        <Button
          variant="outline"
          isBusy={revoke.isPending}
          aria-label={t('settings.revokeNamed', { name })}
          onPress={() =>
            revoke.mutate(session.id, {
              onSuccess: () => showToast(t('settings.revoked')),
              onError: (error) => showToast(errorText(t, error), { tone: 'error' }),
            })
          }
        >
          {t('settings.revoke')}
        </Button>
      )}
    </li>
  );
}
