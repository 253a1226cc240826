import { Hash, Lock } from 'lucide-react';
import { useTranslation } from '@/i18n';
import type { Channel } from '@/api';
import { paths } from '@/paths';
import { AppLink } from '@/ui';
import styles from './ChannelRow.module.css';
import { MembershipButton } from './MembershipButton';

export function ChannelRow({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const isMember = channel.membership === 'owner' || channel.membership === 'member';
  return (
    <li className={styles.row}>
      <AppLink to={paths.channel(channel.slug)} className={styles.link}>
        <span className={styles.icon} aria-hidden="true">
          {channel.visibility === 'private' ? <Lock /> : <Hash />}
        </span>
        <span className={styles.words}>
          <span className={styles.name} dir="auto">
            {channel.name}
          </span>
          <span className={styles.meta}>
            {[
              t('channels.members', { count: channel.member_count }),
              channel.visibility === 'private' && t('channels.private'),
              channel.membership === 'invited' && t('channels.invited'),
              channel.membership === 'member' && t('channels.member'),
              channel.membership === 'owner' && t('channels.owner'),
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
          {channel.description && <span className={styles.description}>{channel.description}</span>}
        </span>
      </AppLink>
      {!isMember && <MembershipButton channel={channel} />}
    </li>
  );
}
