import { useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { LinkIcon } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { messaging, session } from '@/api';
import { paths } from '@/paths';
import { Button, EmptyState, PageHeader, RowSkeleton, SkeletonList } from '@/ui';
import { useAttempt, useTakeConversation } from '../actions';
import { GroupPicture } from '../ConversationPicture';
import { takeJoinCode } from '../joinCode';
import styles from './JoinPane.module.css';

/** What stands behind a link, before one joins. */
export function JoinPane() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const attempt = useAttempt();
  const take = useTakeConversation();
  const [code] = useState(() => initialCode());
  const [isBusy, setBusy] = useState(false);
  const preview = useQuery({ queryKey: ['conversation-link', code], queryFn: ({ signal }) => messaging.previewLink(code ?? '', signal), enabled: code !== null, staleTime: Infinity, gcTime: 0 });
  const { data } = preview;

  async function join() {
    if (!code || !data) return;
    setBusy(true);
    const isDone = data.is_member || (await attempt(async () => take(await messaging.joinLink(code))));
    setBusy(false);
    if (isDone) void navigate({ to: paths.conversation(data.conversation_id), replace: true });
  }

  return (
    <section className={styles.pane} aria-label={t('chat.joinTitle')}>
      <PageHeader title={t('chat.joinTitle')} back={paths.chat} />
      {code !== null && preview.isPending && <SkeletonList of={RowSkeleton} count={1} />}
      {(code === null || preview.isError) && <EmptyState icon={<LinkIcon />} title={t('chat.linkGone')} text={t('chat.linkGoneText')} />}
      {data && (
        <div className={styles.card}>
          <GroupPicture id={data.conversation_id} picture={data.picture ?? null} size={96} />
          <h2 dir="auto">{data.name ?? t('chat.unnamed')}</h2>
          <p>{t('channels.members', { count: data.member_count })}</p>
          <p>{t(data.is_member ? 'chat.joinedAlready' : 'chat.joinText')}</p>
          <Button onPress={() => void join()} isBusy={isBusy}>
            {t(data.is_member ? 'chat.openGroup' : 'chat.joinGroup')}
          </Button>
        </div>
      )}
    </section>
  );
}

/** Kept for a reload of the page within this tab, and taken out of the address bar, which others may look at. */
let current: string | null = null;
session.subscribe((credentials) => credentials ?? (current = null));
function initialCode(): string | null {
  current = takeJoinCode(location.hash) ?? current;
  if (location.hash) history.replaceState(history.state, '', location.pathname);
  return current;
}
