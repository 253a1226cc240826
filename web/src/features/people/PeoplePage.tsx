import { useState } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Search, Users } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { toItems } from '@/api';
import { PersonRow, useDebounced } from '@/entities';
import { tidyLine } from '@/text';
import { Card, EmptyState, InfiniteList, PageHeader, RowSkeleton, SkeletonList, TextField } from '@/ui';
import { peopleQuery } from './api';
import styles from './PeoplePage.module.css';

export function PeoplePage() {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const search = useDebounced(tidyLine(text).replace(/^[@＠]/, ''));
  const query = useInfiniteQuery(peopleQuery(search));
  const people = toItems(query.data, (person) => person.id);
  return (
    <>
      <PageHeader title={t('people.title')} />
      <div className={styles.column}>
        <div className={styles.search}>
          <TextField label={t('people.search')} hideLabel type="search" placeholder={t('people.searchPlaceholder')} prefix={<Search />} value={text} onChange={setText} isCode />
        </div>
        <Card flush>
          <InfiniteList
            query={query}
            isEmpty={people.length === 0}
            skeleton={<SkeletonList of={RowSkeleton} count={6} />}
            empty={
              search ? <EmptyState icon={<Search />} title={t('people.emptySearch', { query: search })} /> : <EmptyState icon={<Users />} title={t('people.empty')} text={t('people.emptyText')} />
            }
          >
            <ul>
              {people.map((person) => (
                <PersonRow key={person.id} person={person} />
              ))}
            </ul>
          </InfiniteList>
        </Card>
      </div>
    </>
  );
}
