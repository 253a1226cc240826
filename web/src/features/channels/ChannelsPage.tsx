import { useState } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Hash, Plus, Search } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { toItems } from '@/api';
import { channelListQuery, useDebounced } from '@/entities';
import { tidyLine } from '@/text';
import { Button, Card, EmptyState, InfiniteList, PageHeader, RowSkeleton, SkeletonList, Tabs, TextField } from '@/ui';
import { ChannelForm } from './ChannelForm';
import { ChannelRow } from './ChannelRow';
import styles from './ChannelsPage.module.css';
import { Invitations } from './Invitations';

export function ChannelsPage() {
  const { t } = useTranslation();
  const [creates, setCreates] = useState(false);
  return (
    <>
      <PageHeader
        title={t('channels.title')}
        actions={
          <Button variant="soft" onPress={() => setCreates(true)}>
            <Plus aria-hidden="true" />
            {t('channels.create')}
          </Button>
        }
      />
      <Invitations />
      <Tabs
        label={t('channels.title')}
        items={[
          { id: 'discover', label: t('channels.discover'), content: <Discover onCreate={() => setCreates(true)} /> },
          { id: 'mine', label: t('channels.mine'), content: <Mine onCreate={() => setCreates(true)} /> },
        ]}
      />
      {creates && <ChannelForm onClose={() => setCreates(false)} />}
    </>
  );
}

function Discover({ onCreate }: { onCreate: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const query = useDebounced(tidyLine(text));
  return (
    <div className={styles.discover}>
      <div className={styles.search}>
        <TextField label={t('channels.search')} hideLabel type="search" placeholder={t('channels.search')} prefix={<Search />} value={text} onChange={setText} />
      </div>
      <ChannelList
        query={query}
        mine={false}
        empty={query ? <EmptyState icon={<Search />} title={t('channels.emptySearch', { query })} /> : <EmptyState icon={<Hash />} title={t('channels.empty')} text={t('channels.emptyText')} action={<Button onPress={onCreate}>{t('channels.createFirst')}</Button>} />}
      />
    </div>
  );
}

function Mine({ onCreate }: { onCreate: () => void }) {
  const { t } = useTranslation();
  return <ChannelList query="" mine empty={<EmptyState icon={<Hash />} title={t('channels.emptyMine')} text={t('channels.emptyMineText')} action={<Button variant="outline" onPress={onCreate}>{t('channels.createOwn')}</Button>} />} />;
}

function ChannelList({ query, mine, empty }: { query: string; mine: boolean; empty: React.ReactNode }) {
  const list = useInfiniteQuery(channelListQuery(query, mine));
  const channels = toItems(list.data, (channel) => channel.id);
  return (
    <Card flush>
      <InfiniteList query={list} isEmpty={channels.length === 0} skeleton={<SkeletonList of={RowSkeleton} count={5} />} empty={empty}>
        <ul>
          {channels.map((channel) => (
            <ChannelRow key={channel.id} channel={channel} />
          ))}
        </ul>
      </InfiniteList>
    </Card>
  );
}
