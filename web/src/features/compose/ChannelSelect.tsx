import { useInfiniteQuery } from '@tanstack/react-query';
import { ChevronDown, Hash, Lock, Users } from 'lucide-react';
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';
import { useTranslation } from '@/i18n';
import { toItems, type ChannelSummary } from '@/api';
import { myChannelsQuery } from '@/entities';
import { PopoverLayer } from '@/ui';
import styles from './ChannelSelect.module.css';

const FOLLOWERS = 'followers';

interface ChannelSelectProps {
  value: string | null;
  /** The channel the sheet was opened for; it may not be among the loaded ones. */
  preset: ChannelSummary | null;
  onChange: (channelId: string | null) => void;
}

export function ChannelSelect({ value, preset, onChange }: ChannelSelectProps) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(myChannelsQuery);
  const mine: ChannelSummary[] = toItems(query.data, (channel) => channel.id).filter((channel) => channel.membership === 'owner' || channel.membership === 'member');
  const channels = preset && !mine.some((channel) => channel.id === preset.id) ? [preset, ...mine] : mine;
  return (
    <Select className={styles.select ?? ''} selectedKey={value ?? FOLLOWERS} onSelectionChange={(key) => onChange(key === FOLLOWERS ? null : String(key))}>
      <Label className={styles.label}>{t('compose.where')}</Label>
      <Button className={styles.button ?? ''}>
        <SelectValue className={styles.value ?? ''} />
        <ChevronDown aria-hidden="true" />
      </Button>
      <Popover className={styles.popover ?? ''} placement="bottom start">
        <PopoverLayer />
        <ListBox className={styles.list ?? ''}>
          <ListBoxItem id={FOLLOWERS} textValue={t('compose.followers')} className={styles.item ?? ''}>
            <Users aria-hidden="true" />
            <span>{t('compose.followers')}</span>
          </ListBoxItem>
          {channels.map((channel) => (
            <ListBoxItem key={channel.id} id={channel.id} textValue={channel.name} className={styles.item ?? ''}>
              {channel.visibility === 'private' ? <Lock aria-hidden="true" /> : <Hash aria-hidden="true" />}
              <span dir="auto">{channel.name}</span>
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
