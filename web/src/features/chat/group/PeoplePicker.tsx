import { useState } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Check, Search, X } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { toItems, type UserSummary } from '@/api';
import { peopleQuery } from '@/features/people';
import { PersonAvatar, useDebounced, useMe } from '@/entities';
import { tidyLine } from '@/text';
import { EmptyState, InfiniteList, RowSkeleton, SkeletonList, TextField, cx } from '@/ui';
import styles from './PeoplePicker.module.css';

interface PeoplePickerProps {
  chosen: readonly UserSummary[];
  onChange: (chosen: UserSummary[]) => void;
  /** Who is there already. */
  without?: readonly string[];
}

export function PeoplePicker({ chosen, onChange, without = [] }: PeoplePickerProps) {
  const { t } = useTranslation();
  const me = useMe();
  const [text, setText] = useState('');
  const search = useDebounced(tidyLine(text).replace(/^[@＠]/, ''));
  const query = useInfiniteQuery(peopleQuery(search));
  const people = toItems(query.data, (person) => person.id).filter(({ id }) => id !== me.id && !without.includes(id));
  const isChosen = (id: string) => chosen.some((person) => person.id === id);
  const toggle = (person: UserSummary) => onChange(isChosen(person.id) ? chosen.filter(({ id }) => id !== person.id) : [...chosen, person]);
  return (
    <div className={styles.picker}>
      <TextField label={t('people.search')} hideLabel type="search" placeholder={t('people.searchPlaceholder')} prefix={<Search />} value={text} onChange={setText} autoFocus isCode />
      {chosen.length > 0 && (
        <ul className={styles.chosen} aria-label={t('chat.chosenPeople')}>
          {chosen.map((person) => (
            <li key={person.id}>
              <button type="button" className={styles.chip} onClick={() => toggle(person)} aria-label={t('chat.unchoose', { name: person.display_name })}>
                <span dir="auto">{person.display_name}</span>
                <X aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className={styles.results}>
        <InfiniteList
          query={query}
          isEmpty={people.length === 0}
          skeleton={<SkeletonList of={RowSkeleton} count={4} />}
          empty={<EmptyState title={search ? t('people.emptySearch', { query: search }) : t('people.empty')} />}
        >
          <ul>
            {people.map((person) => (
              <li key={person.id}>
                <button type="button" role="checkbox" aria-checked={isChosen(person.id)} className={styles.person} onClick={() => toggle(person)}>
                  <PersonAvatar person={person} />
                  <span className={styles.names}>
                    <span className={styles.name} dir="auto">
                      {person.display_name}
                    </span>
                    <span className={styles.handle} dir="ltr">
                      @{person.handle}
                    </span>
                  </span>
                  <span className={cx(styles.box, isChosen(person.id) && styles.checked)} aria-hidden="true">
                    {isChosen(person.id) && <Check />}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </InfiniteList>
      </div>
    </div>
  );
}
