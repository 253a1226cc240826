import { useState } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Check, Search } from 'lucide-react';
import { errorText, useTranslation } from '@/i18n';
import { toItems, type Channel, type UserSummary } from '@/api';
import { peopleQuery } from '@/features/people';
import { PersonRow, useDebounced, useMe } from '@/entities';
import { tidyLine } from '@/text';
import { Button, EmptyState, InfiniteList, RowSkeleton, Sheet, SkeletonList, TextField, showToast } from '@/ui';
import { useInvite } from './api';
import styles from './ChannelForm.module.css';

export function InviteSheet({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const [text, setText] = useState('');
  const search = useDebounced(tidyLine(text));
  const query = useInfiniteQuery(peopleQuery(search));
  const people = toItems(query.data, (person) => person.id).filter((person) => person.id !== me.id);
  return (
    <Sheet isOpen onClose={onClose} title={t('channels.inviteTitle', { name: channel.name })}>
      <div className={styles.form}>
        <p>{t('channels.inviteText')}</p>
        <TextField label={t('people.search')} hideLabel type="search" placeholder={t('people.searchPlaceholder')} prefix={<Search />} value={text} onChange={setText} autoFocus />
        <InfiniteList query={query} isEmpty={people.length === 0} skeleton={<SkeletonList of={RowSkeleton} />} empty={<EmptyState title={t('people.emptySearch', { query: search })} />}>
          <ul className={styles.rows}>
            {people.map((person) => (
              <PersonRow key={person.id} person={person} action={<InviteButton channel={channel} person={person} />} />
            ))}
          </ul>
        </InfiniteList>
      </div>
    </Sheet>
  );
}

function InviteButton({ channel, person }: { channel: Channel; person: UserSummary }) {
  const { t } = useTranslation();
  const invite = useInvite(channel.id);
  if (invite.isSuccess) {
    return (
      <Button variant="quiet" isDisabled>
        <Check aria-hidden="true" />
        {t('channels.inviteSent')}
      </Button>
    );
  }
  return (
    <Button
      variant="soft"
      isBusy={invite.isPending}
      aria-label={t('channels.inviteOne', { name: person.display_name })}
      onPress={() =>
        invite.mutate(person.id, {
          onSuccess: () => showToast(t('channels.inviteDone', { name: person.display_name })),
          onError: (error) => showToast(errorText(t, error), { tone: 'error' }),
        })
      }
    >
      {t('channels.inviteAction')}
    </Button>
  );
}
