import { useState } from 'react';
import { ChevronDown, Hash, Lock, Users } from 'lucide-react';
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';
import { useTranslation } from '@/i18n';
import type { ChannelSummary } from '@/api';
import { useLayer } from '@/ui';
import { FOLLOWERS, inChannel, type Place } from './audience';
import styles from './ChannelSelect.module.css';

const FOLLOWERS_KEY = 'followers';

interface ChannelSelectProps {
  /** Null while it is not known where a post usually goes. */
  value: Place | null;
  channels: readonly ChannelSummary[];
  onChange: (place: Place) => void;
}

export function ChannelSelect({ value, channels, onChange }: ChannelSelectProps) {
  const { t } = useTranslation();
  // Its own state: what stands in the list is rendered a second time out of sight, where the state around it is the sheet's.
  const [isOpen, setOpen] = useState(false);
  useLayer(isOpen, () => setOpen(false));
  return (
    <Select
      isOpen={isOpen}
      onOpenChange={setOpen}
      className={styles.select ?? ''}
      placeholder={t('compose.whereUnknown')}
      selectedKey={value && (value.kind === 'channel' ? value.id : FOLLOWERS_KEY)}
      onSelectionChange={(key) => onChange(key === FOLLOWERS_KEY ? FOLLOWERS : inChannel(String(key)))}
    >
      <Label className={styles.label}>{t('compose.where')}</Label>
      <Button className={styles.button ?? ''}>
        <SelectValue className={styles.value ?? ''} />
        <ChevronDown aria-hidden="true" />
      </Button>
      <Popover className={styles.popover ?? ''} placement="bottom start">
        <ListBox className={styles.list ?? ''}>
          <ListBoxItem id={FOLLOWERS_KEY} textValue={t('compose.followers')} className={styles.item ?? ''}>
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
