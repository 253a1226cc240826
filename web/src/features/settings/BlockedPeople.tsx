import { useInfiniteQuery } from '@tanstack/react-query';
import { errorText, useTranslation } from '@/i18n';
import { toItems, type UserSummary } from '@/api';
import { blocksQuery, useBlock } from '@/features/people';
import { PersonRow } from '@/entities';
import { Button, InfiniteList, RowSkeleton, SkeletonList, showToast } from '@/ui';
import styles from './SettingsPage.module.css';

export function BlockedPeople() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(blocksQuery);
  const people = toItems(query.data, (person) => person.id);
  return (
    <>
      <p className={styles.meta}>{t('settings.blockedMeans')}</p>
      <InfiniteList query={query} isEmpty={people.length === 0} skeleton={<SkeletonList of={RowSkeleton} count={1} />} empty={<p className={styles.meta}>{t('settings.noBlocked')}</p>}>
        <ul className={styles.inset}>
          {people.map((person) => (
            <PersonRow key={person.id} person={person} action={<Unblock person={person} />} />
          ))}
        </ul>
      </InfiniteList>
    </>
  );
}

function Unblock({ person }: { person: UserSummary }) {
  const { t } = useTranslation();
  const block = useBlock(person.id);
  return (
    <Button
      variant="outline"
      isBusy={block.isPending}
      aria-label={t('people.unblockNamed', { name: person.display_name })}
      onPress={() => block.mutate(false, { onError: (error) => showToast(errorText(t, error), { tone: 'error' }) })}
    >
      {t('people.unblock')}
    </Button>
  );
}
