import { useState, type ReactNode } from 'react';
import { LogOut, Pencil, Search, User } from 'lucide-react';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from '@/i18n';
import { messaging, type Conversation } from '@/api';
import { useMe } from '@/entities';
import { paths } from '@/paths';
import { tidyName } from '@/text';
import { Button, Confirm, LinkButton, Sheet, TextField, useUnsaved } from '@/ui';
import { useAttempt, useTakeConversation } from '../actions';
import { ConversationPicture } from '../ConversationPicture';
import { infoTitle, useName } from '../names';
import styles from './InfoSheet.module.css';
import { LinkSection } from './LinkSection';
import { MediaSection } from './MediaSection';
import { Members } from './Members';
import { NotifySection } from './NotifySection';
import { PictureField } from './PictureField';
import { RetentionSection } from './RetentionSection';

export function InfoSheet({ conversation, onClose, onSearch }: { conversation: Conversation; onClose: () => void; onSearch: () => void }) {
  const { t } = useTranslation();
  const { kind, peer, channel } = conversation;
  const name = useName(conversation);
  const isIn = conversation.state === 'active';
  const isAdmin = isIn && kind === 'group' && conversation.role !== 'member';
  return (
    <Sheet isOpen onClose={onClose} title={t(infoTitle(kind))}>
      <div className={styles.info}>
        <header className={styles.head}>
          <ConversationPicture conversation={conversation} size={96} />
          {isAdmin ? <Identity conversation={conversation} /> : <h3 className={styles.title}>{name}</h3>}
          {kind !== 'direct' && <p className={styles.note}>{t('channels.members', { count: conversation.member_count })}</p>}
          <div className={styles.actions}>
            <Button variant="soft" onPress={onSearch}>
              <Search aria-hidden="true" />
              {t('chat.searchHere')}
            </Button>
            {peer && (
              <LinkButton to={paths.profile(peer.handle)} variant="outline">
                <User aria-hidden="true" />
                {t('chat.profile')}
              </LinkButton>
            )}
            {channel && (
              <LinkButton to={paths.channel(channel.slug)} variant="outline">
                {t('chat.toChannel')}
              </LinkButton>
            )}
          </div>
        </header>
        {isIn && <NotifySection conversation={conversation} />}
        {kind !== 'direct' && isIn && (
          <Section title={t('channels.membersTab')}>
            <Members conversation={conversation} />
          </Section>
        )}
        {isAdmin && (
          <Section title={t('chat.link')} lead={t('chat.linkText')}>
            <LinkSection conversation={conversation} />
          </Section>
        )}
        {isIn && <RetentionSection conversation={conversation} canChange={kind === 'direct' || isAdmin} />}
        <Section title={t('chat.media')}>
          <MediaSection conversation={conversation} />
        </Section>
        {isIn && kind === 'group' && <Leave conversation={conversation} onLeft={onClose} />}
      </div>
    </Sheet>
  );
}

export function Section({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  return (
    <section className={styles.section} aria-label={title}>
      <h3>{title}</h3>
      {lead && <p className={styles.note}>{lead}</p>}
      {children}
    </section>
  );
}

/** Name and picture, changed in place by those who may. */
function Identity({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const take = useTakeConversation();
  const attempt = useAttempt();
  const [name, setName] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const { id } = conversation;
  useUnsaved(name !== null && name !== conversation.name);
  const change = async (body: Parameters<typeof messaging.change>[1]) => {
    setBusy(true);
    const isDone = await attempt(async () => take(await messaging.change(id, body)), t('common.saved'));
    setBusy(false);
    return isDone;
  };
  if (name === null) {
    return (
      <>
        <h3 className={styles.title} dir="auto">
          {conversation.name}
        </h3>
        <div className={styles.actions}>
          <Button variant="outline" onPress={() => setName(conversation.name ?? '')}>
            <Pencil aria-hidden="true" />
            {t('chat.rename')}
          </Button>
          <PictureField hasPicture={conversation.picture !== null} onReady={(mediaId) => void change({ picture_media_id: mediaId })} onRemove={() => void change({ picture_media_id: null })} />
        </div>
      </>
    );
  }
  const length = [...tidyName(name)].length;
  return (
    <form
      className={styles.rename}
      onSubmit={(event) => {
        event.preventDefault();
        if (length > 0 && length <= 60) void change({ name: tidyName(name) }).then((isDone) => isDone && setName(null));
      }}
    >
      <TextField label={t('chat.groupName')} value={name} onChange={setName} autoFocus error={length > 60 ? t('chat.groupNameLong') : null} />
      <div className={styles.actions}>
        <Button variant="outline" onPress={() => setName(null)}>
          {t('common.cancel')}
        </Button>
        <Button type="submit" isBusy={isBusy} isDisabled={length === 0 || length > 60}>
          {t('common.save')}
        </Button>
      </div>
    </form>
  );
}

function Leave({ conversation, onLeft }: { conversation: Conversation; onLeft: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const navigate = useNavigate();
  const take = useTakeConversation();
  const attempt = useAttempt();
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  async function leave() {
    setBusy(true);
    const isDone = await attempt(async () => {
      await messaging.removeMember(conversation.id, me.id);
      take({ ...conversation, state: 'left', can_send: false });
    }, t('chat.youLeftDone'));
    setBusy(false);
    if (!isDone) return;
    onLeft();
    void navigate({ to: paths.chat });
  }
  return (
    <div>
      <Button variant="outline" onPress={() => setAsking(true)}>
        <LogOut aria-hidden="true" className={styles.out} />
        {t('chat.leave')}
      </Button>
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t('chat.leaveTitle', { name: conversation.name ?? '' })}
        text={t(conversation.role === 'owner' ? 'chat.leaveOwnerText' : 'chat.leaveText')}
        confirmLabel={t('chat.leave')}
        isBusy={isBusy}
        onConfirm={() => void leave()}
      />
    </div>
  );
}
