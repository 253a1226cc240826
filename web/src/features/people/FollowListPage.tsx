import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Users } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { toItems } from '@/api';
import { PersonRow } from '@/entities';
import { paths } from '@/paths';
import { Card, EmptyState, ErrorState, InfiniteList, PageHeader, RowSkeleton, SkeletonList } from '@/ui';
import { followListQuery, userQuery } from './api';

type Kind = 'followers' | 'following';

function FollowListPage({ kind }: { kind: Kind }) {
  const { t } = useTranslation();
  const { handle } = useParams({ strict: false }) as { handle: string };
  const user = useQuery(userQuery(`@${handle}`));
  const title = t(kind === 'followers' ? 'people.followers' : 'people.followingTitle');
  return (
    <>
      <PageHeader title={title} documentTitle={user.data ? `${title} · ${user.data.display_name}` : title} back={paths.profile(handle)} />
      <Card flush>
        {user.isPending && <SkeletonList of={RowSkeleton} />}
        {user.isError && !user.data && <ErrorState error={user.error} onRetry={() => void user.refetch()} />}
        {user.data && <FollowList kind={kind} userId={user.data.id} />}
      </Card>
    </>
  );
}

function FollowList({ kind, userId }: { kind: Kind; userId: string }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(followListQuery(kind, userId));
  const people = toItems(query.data, (person) => person.id);
  return (
    <InfiniteList
      query={query}
      isEmpty={people.length === 0}
      skeleton={<SkeletonList of={RowSkeleton} />}
      empty={<EmptyState icon={<Users />} title={t(kind === 'followers' ? 'people.noFollowers' : 'people.noFollowing')} />}
    >
      <ul>
        {people.map((person) => (
          <PersonRow key={person.id} person={person} />
        ))}
      </ul>
    </InfiniteList>
  );
}

export function FollowersPage() {
  return <FollowListPage kind="followers" />;
}

export function FollowingPage() {
  return <FollowListPage kind="following" />;
}
