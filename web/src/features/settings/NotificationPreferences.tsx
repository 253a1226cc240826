import { useQuery } from '@tanstack/react-query';
import { errorText, useTranslation } from '@/i18n';
import { ErrorState, Switch, showToast } from '@/ui';
import { preferencesQuery, useSavePreferences } from './api';

const KINDS = ['message_sent', 'comment_added', 'post_published', 'post_liked', 'followed', 'channel_invited'] as const;

export function NotificationPreferences() {
  const { t } = useTranslation();
  const query = useQuery(preferencesQuery);
  const save = useSavePreferences();
  const { data, isPending } = query;
  if (!data && !isPending) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <div aria-busy={isPending}>
      {KINDS.map((kind) => (
        <Switch
          key={kind}
          label={t(`settings.pref_${kind}`)}
          isSelected={data && (data[kind] ?? true)}
          onChange={(on) => data && save.mutate({ ...data, [kind]: on }, { onError: (error) => showToast(errorText(t, error), { tone: 'error' }) })}
        />
      ))}
    </div>
  );
}
