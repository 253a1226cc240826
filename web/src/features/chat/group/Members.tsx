import { useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { Crown, ShieldCheck, ShieldOff, UserMinus, UserPlus } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { messaging, type Conversation, type ConversationRole, type Member, type UserSummary } from '@/api';
import { PersonRow, keys, useMe } from '@/entities';
import { ActionMenu, Button, Confirm, EmptyState, InfiniteList, RowSkeleton, Sheet, SkeletonList, type MenuAction } from '@/ui';
import { useAttempt, useTakeConversation } from '../actions';
import { useMembers } from '../people';
import styles from './InfoSheet.module.css';
import { PeoplePicker } from './PeoplePicker';

/** What I may do with another member. The server decides; this only leaves out what it would refuse. */
export function memberRights(mine: ConversationRole, theirs: ConversationRole) {
  const isOwner = mine === 'owner';
  return {
    changeRole: isOwner && theirs !== 'owner',
    handOver: isOwner && theirs !== 'owner',
    remove: theirs !== 'owner' && (isOwner || (mine === 'admin' && theirs === 'member')),
  };
}

export function Members({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const { query, members } = useMembers(conversation);
  const [isAdding, setAdding] = useState(false);
  const canAdd = conversation.kind === 'group' && conversation.role !== 'member';
  return (
    <>
      {canAdd && (
        <div className={styles.add}>
          <Button variant="soft" onPress={() => setAdding(true)}>
            <UserPlus aria-hidden="true" />
            {t('chat.addPeople')}
          </Button>
        </div>
      )}
      <InfiniteList query={query} isEmpty={members.length === 0} skeleton={<SkeletonList of={RowSkeleton} count={3} />} empty={<EmptyState title={t('chat.someone')} />}>
        <ul className={styles.rows}>
          {members.map((member) => (
            <MemberRow key={member.user.id} conversation={conversation} member={member} />
          ))}
        </ul>
      </InfiniteList>
      {isAdding && <AddPeople conversation={conversation} members={members} onClose={() => setAdding(false)} />}
    </>
  );
}

function MemberRow({ conversation, member }: { conversation: Conversation; member: Member }) {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const attempt = useAttempt();
  const [asking, setAsking] = useState<'remove' | 'handOver' | null>(null);
  const { id } = conversation;
  const { user, role, state } = member;
  const rights = memberRights(conversation.kind === 'group' && user.id !== me.id ? conversation.role : 'member', role);
  const name = user.display_name;
  const run = (task: () => Promise<unknown>) =>
    void attempt(async () => {
      await task();
      await Promise.all([client.invalidateQueries({ queryKey: keys.conversationMembers(id) }), client.invalidateQueries({ queryKey: keys.conversation(id) })]);
    });
  const actions: (MenuAction | false)[] = [
    rights.changeRole && role === 'member' && { id: 'admin', label: t('chat.makeAdmin'), icon: <ShieldCheck />, onAction: () => run(() => messaging.setRole(id, user.id, 'admin')) },
    rights.changeRole && role === 'admin' && { id: 'member', label: t('chat.unmakeAdmin'), icon: <ShieldOff />, onAction: () => run(() => messaging.setRole(id, user.id, 'member')) },
    rights.handOver && state === 'active' && { id: 'owner', label: t('chat.handOver'), icon: <Crown />, onAction: () => setAsking('handOver') },
    rights.remove && { id: 'remove', label: t('chat.remove'), icon: <UserMinus />, danger: true, onAction: () => setAsking('remove') },
  ];
  const note = [state === 'requested' && t('chat.asked'), role !== 'member' && t(`chat.role_${role}`)].filter(Boolean).join(' · ');
  return (
    <>
      <PersonRow person={user} {...(note ? { note } : {})} action={<ActionMenu label={t('people.actions', { name })} actions={actions.filter((action) => action !== false)} />} />
      <Confirm
        isOpen={asking !== null}
        onClose={() => setAsking(null)}
        title={t(asking === 'handOver' ? 'chat.handOverTitle' : 'chat.removeTitle', { name })}
        text={t(asking === 'handOver' ? 'chat.handOverText' : 'chat.removeText', { name })}
        confirmLabel={t(asking === 'handOver' ? 'chat.handOver' : 'chat.remove')}
        onConfirm={() => {
          run(() => (asking === 'handOver' ? messaging.setRole(id, user.id, 'owner') : messaging.removeMember(id, user.id)));
          setAsking(null);
        }}
      />
    </>
  );
}

function AddPeople({ conversation, members, onClose }: { conversation: Conversation; members: readonly Member[]; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const attempt = useAttempt();
  const take = useTakeConversation();
  const [chosen, setChosen] = useState<UserSummary[]>([]);
  const [isBusy, setBusy] = useState(false);
  async function add() {
    setBusy(true);
    const isDone = await attempt(async () => {
      take(
        await messaging.addMembers(
          conversation.id,
          chosen.map(({ id }) => id),
        ),
      );
      await client.invalidateQueries({ queryKey: keys.conversationMembers(conversation.id) });
    });
    setBusy(false);
    if (isDone) onClose();
  }
  return (
    <Sheet
      isOpen
      onClose={onClose}
      title={t('chat.addPeople')}
      hasChanges={chosen.length > 1}
      footer={
        <Button wide onPress={() => void add()} isBusy={isBusy} isDisabled={chosen.length === 0 || chosen.length > 100}>
          {chosen.length === 0 ? t('chat.addPeople') : t('chat.addCount', { count: chosen.length })}
        </Button>
      }
    >
      <PeoplePicker chosen={chosen} onChange={setChosen} without={members.map(({ user }) => user.id)} />
    </Sheet>
  );
}
