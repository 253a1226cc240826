import { useId, type ReactNode } from 'react';
import { Monitor, Moon, Sun } from 'lucide-react';
import { useTranslation } from '@/i18n';
import '@/i18n/settings';
import { logOut } from '@/features/auth';
import { useMe } from '@/entities';
import { paths } from '@/paths';
import { Button, Card, ChoiceGroup, PageHeader } from '@/ui';
import { BlockedPeople } from './BlockedPeople';
import { ChangePassword } from './ChangePassword';
import { Invite } from './Invite';
import { MessagePrivacy } from './MessagePrivacy';
import { NotificationPreferences } from './NotificationPreferences';
import { Sessions } from './Sessions';
import styles from './SettingsPage.module.css';
import { setTheme, useTheme } from './theme';

export function SettingsPage() {
  const { t } = useTranslation();
  const me = useMe();
  return (
    <>
      <PageHeader title={t('settings.title')} back={paths.profile(me.handle)} />
      <div className={styles.column}>
        <Section title={t('settings.invite')} lead={t('settings.inviteText')}>
          <Invite />
        </Section>
        <Section title={t('settings.appearance')}>
          <ThemeChoice />
        </Section>
        <Section title={t('settings.notifications')} lead={t('settings.notificationsText')}>
          <NotificationPreferences />
        </Section>
        <Section title={t('settings.messages')} lead={t('settings.messagesText')}>
          <MessagePrivacy />
        </Section>
        <Section title={t('settings.blocked')}>
          <BlockedPeople />
        </Section>
        <Section title={t('settings.password')}>
          <ChangePassword />
        </Section>
        <Section title={t('settings.sessions')}>
          <Sessions />
        </Section>
        <Section title={t('settings.account')} lead={t('settings.signedInAs', { email: me.email })}>
          <div>
            <Button variant="outline" onPress={() => void logOut().catch(() => undefined)}>
              {t('settings.logout')}
            </Button>
          </div>
        </Section>
      </div>
    </>
  );
}

function Section({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  const id = useId();
  return (
    <Card as="section" aria-labelledby={id} className={styles.section}>
      <h2 id={id} className={styles.title}>
        {title}
      </h2>
      {lead && <p className={styles.lead}>{lead}</p>}
      {children}
    </Card>
  );
}

function ThemeChoice() {
  const { t } = useTranslation();
  const theme = useTheme();
  return (
    <ChoiceGroup
      label={t('settings.theme')}
      value={theme}
      onChange={setTheme}
      choices={[
        { value: 'system', label: t('settings.system'), icon: <Monitor aria-hidden="true" /> },
        { value: 'light', label: t('settings.light'), icon: <Sun aria-hidden="true" /> },
        { value: 'dark', label: t('settings.dark'), icon: <Moon aria-hidden="true" /> },
      ]}
    />
  );
}
