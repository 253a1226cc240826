import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from '@/i18n';
import { toItems } from '@/api';
import { PersonRow } from '@/entities';
import { EmptyState, InfiniteList, RowSkeleton, Sheet, SkeletonList } from '@/ui';
import { likesQuery } from './api';

export function LikesSheet({ postId, onClose }: { postId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(likesQuery(postId));
  const people = toItems(query.data, (person) => person.id);
  return (
    <Sheet isOpen onClose={onClose} title={t('posts.likedBy')} isFlush>
      <InfiniteList query={query} isEmpty={people.length === 0} skeleton={<SkeletonList of={RowSkeleton} />} empty={<EmptyState title={t('posts.noLikes')} />}>
        <ul>
          {people.map((person) => (
            <PersonRow key={person.id} person={person} />
          ))}
        </ul>
      </InfiniteList>
    </Sheet>
  );
}
