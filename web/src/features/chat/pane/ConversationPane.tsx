import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from '@/i18n';
import type { Conversation, Message } from '@/api';
import { useBlockedIds, useMe } from '@/entities';
import { paths } from '@/paths';
import { Confirm, ErrorState, RowSkeleton, SkeletonList } from '@/ui';
import { changeMessage, useAttempt } from '../actions';
import { conversationQuery } from '../api';
import { findMessage } from '../cache';
import { Composer, type ComposerHandle } from '../composer/Composer';
import { noteRemoteDraft } from '../composer/drafts';
import { beginEdit, reply } from '../composer/mode';
import { InfoSheet } from '../group/InfoSheet';
import { LogContext, type LogTools } from '../log/context';
import { EditsSheet, ReactionsSheet } from '../log/Details';
import { ForwardSheet } from '../log/ForwardSheet';
import { MessageActions } from '../log/MessageActions';
import { MessageLog } from '../log/MessageLog';
import { PinnedBar } from '../log/Pins';
import { useName } from '../names';
import { MembersLoading, useMembers } from '../people';
import { RequestBar } from '../requests/RequestBar';
import styles from './ConversationPane.module.css';
import { HelpSheet } from './HelpSheet';
import { PaneHeader } from './PaneHeader';
import { SearchSheet } from './SearchSheet';

export function ConversationPane({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery(conversationQuery(id));
  const conversation = query.data;
  const name = useName(conversation);
  useEffect(() => {
    if (conversation) document.title = `${name} · Village`;
  }, [conversation, name]);
  useEffect(() => {
    if (conversation) noteRemoteDraft(conversation);
  }, [conversation]);
  return (
    <section className={styles.pane} aria-label={conversation ? t('chat.log', { name }) : t('chat.title')}>
      {conversation ? (
        <OpenConversation conversation={conversation} />
      ) : (
        <>
          <PaneHeader conversation={undefined} onOpen={() => undefined} />
          {query.isPending ? <SkeletonList of={RowSkeleton} /> : <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
        </>
      )}
    </section>
  );
}

type Shown = { type: 'forward' | 'delete' | 'edits' | 'reactions'; message: Message } | { type: 'actions'; message: Message; anchor: Element } | { type: 'info' | 'search' | 'help' };

function OpenConversation({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useMe();
  const attempt = useAttempt();
  const { members, isLoading } = useMembers(conversation);
  const [shown, setShown] = useState<Shown | null>(null);
  const composer = useRef<ComposerHandle>(null);
  const { place, jumpTo, leavePlace } = usePlace(conversation.id);
  const close = useCallback(() => setShown(null), []);
  const { id } = conversation;

  const tools = useMemo((): LogTools => {
    const handles = new Map([...members.map(({ user }) => user), ...(conversation.peer ? [conversation.peer] : []), me].map((person) => [person.handle, paths.profile(person.handle)]));
    return {
      conversation,
      meId: me.id,
      linkOf: (handle) => handles.get(handle),
      jumpTo,
      reply,
      openActions: (message, anchor) => setShown({ type: 'actions', message, anchor }),
      react: (message, emoji, on) => void attempt(() => changeMessage.react(client, message, emoji, on)),
      showReactions: (message) => setShown({ type: 'reactions', message }),
      showEdits: (message) => setShown({ type: 'edits', message }),
    };
  }, [attempt, client, conversation, jumpTo, me, members]);

  function editLast(): boolean {
    const last = lastOwn(client, id, me.id);
    if (last) beginEdit(last);
    return last !== undefined;
  }

  const message = shown && 'message' in shown ? (findMessage(client, id, shown.message.id) ?? shown.message) : null;
  const canWrite = conversation.can_send && conversation.state === 'active';

  return (
    <MembersLoading value={isLoading}>
      <LogContext value={tools}>
        <PaneHeader conversation={conversation} onOpen={(type) => setShown({ type })} />
        <PinnedBar conversation={conversation} onJump={jumpTo} />
        {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- files are dropped anywhere; the button beside the field does the same */}
        <div
          className={styles.body}
          onDragOver={(event) => canWrite && event.preventDefault()}
          onDrop={(event) => {
            if (!canWrite || event.dataTransfer.files.length === 0) return;
            event.preventDefault();
            composer.current?.addFiles([...event.dataTransfer.files]);
          }}
        >
          <MessageLog
            conversation={conversation}
            place={place}
            onLeavePlace={leavePlace}
            onReply={tools.reply}
            onEdit={beginEdit}
            onHelp={() => setShown({ type: 'help' })}
            onType={() => composer.current?.focus()}
          />
        </div>
        {conversation.state === 'requested' ? (
          <RequestBar conversation={conversation} />
        ) : canWrite ? (
          <Composer key={id} ref={composer} conversation={conversation} onEditLast={editLast} />
        ) : (
          <Closed conversation={conversation} />
        )}
        {shown?.type === 'actions' && message && (
          <MessageActions
            message={message}
            anchor={shown.anchor}
            onClose={close}
            onEdit={() => beginEdit(message)}
            onForward={() => setShown({ type: 'forward', message })}
            onDelete={() => setShown({ type: 'delete', message })}
            onPin={(on) => void attempt(() => changeMessage.pin(client, message, on))}
          />
        )}
        {shown?.type === 'forward' && message && <ForwardSheet message={message} onClose={close} />}
        {shown?.type === 'edits' && message && <EditsSheet message={message} onClose={close} />}
        {shown?.type === 'reactions' && message && <ReactionsSheet conversation={conversation} message={message} onClose={close} />}
        {shown?.type === 'info' && <InfoSheet conversation={conversation} onClose={close} onSearch={() => setShown({ type: 'search' })} />}
        {shown?.type === 'search' && <SearchSheet conversation={conversation} onClose={close} />}
        {shown?.type === 'help' && <HelpSheet onClose={close} />}
        <Confirm
          isOpen={shown?.type === 'delete'}
          onClose={close}
          title={t('chat.deleteTitle')}
          text={t('chat.deleteText')}
          confirmLabel={t('chat.delete')}
          onConfirm={() => {
            close();
            if (message) void attempt(() => changeMessage.delete(client, message));
          }}
        />
      </LogContext>
    </MembersLoading>
  );
}

/** A place in time comes with the address (a search hit) or from within (a quoted message, a pin). */
function usePlace(id: string) {
  const navigate = useNavigate();
  const { at } = useSearch({ strict: false }) as { at?: unknown };
  const [inner, setInner] = useState<{ seq: number; nonce: number; at: unknown } | null>(null);
  const fromAddress = Number.isSafeInteger(Number(at)) && Number(at) > 0 ? Number(at) : null;
  const [arrival] = useState(() => Date.now());
  const jump = useCallback((target: { seq: number }) => setInner({ seq: target.seq, nonce: Date.now(), at }), [at]);
  const leave = useCallback(() => {
    setInner(null);
    void navigate({ to: paths.conversation(id), search: {} as never, replace: true });
  }, [id, navigate]);
  const current = useMemo(() => {
    // A new address is a new wish.
    if (inner && inner.at === at) return inner;
    return fromAddress ? { seq: fromAddress, nonce: arrival + fromAddress } : null;
  }, [inner, at, fromAddress, arrival]);
  return { place: current, jumpTo: jump, leavePlace: leave };
}

function lastOwn(client: Parameters<typeof findMessage>[0], conversationId: string, meId: string): Message | undefined {
  const lists = client.getQueriesData<{ pages: { items: Message[] }[] }>({ queryKey: ['messages', conversationId], exact: true });
  const messages = lists.flatMap(([, data]) => data?.pages ?? []).flatMap((page) => page.items);
  const own = messages.filter((message) => message.sender_id === meId && message.kind === 'text');
  const newest = own.toSorted((a, b) => b.seq - a.seq).find((message) => !message.deleted_at);
  return newest && newest.body !== '' && !newest.forwarded ? newest : undefined;
}

/** Why somebody cannot be written to is told to nobody; whom I have blocked I know myself. */
function Closed({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const blocked = useBlockedIds();
  const { kind, state, peer } = conversation;
  const name = peer?.display_name ?? t('chat.someone');
  const isMine = kind === 'direct' && peer !== null && blocked.includes(peer.id);
  const text = state === 'left' ? t('chat.youLeft') : isMine ? t('people.blocked', { name }) : kind === 'direct' ? t('chat.closed', { name }) : t('chat.cannotWrite');
  return <p className={styles.closed}>{text}</p>;
}
