import type { QueryClient } from '@tanstack/react-query';
import { ApiError, messaging, type Message, type Paged } from '@/api';
import { keys, live } from '@/entities';
import { LiveError, type LiveEvent } from '@/live';
import { addMessages, outdateLog, outdateLogs, patchConversation, patchMember, setConversation } from './cache';
import { noteRemoteDraft, pushDrafts } from './composer/drafts';
import { isOld } from './logPages';
import { sendUnsent } from './outbox';
import { clearPresence, notePresence } from './presence';
import { toConversation, toMessage } from './shape';
import { noteStopped, noteTyping } from './typing';
import { withRead, withServerRead } from './unread';

/** Brings what the socket says into the caches of the chat screens. */
export function onChatEvent(event: LiveEvent, client: QueryClient, meId: string): void {
  switch (event.type) {
    case 'ready':
      sendUnsent();
      pushDrafts();
      void client.invalidateQueries({ queryKey: keys.unreadMessages });
      // What could not be read again while the server was away.
      void client.refetchQueries({ queryKey: ['messages'], type: 'active', predicate: ({ state }) => isOld(state.data as Paged<Message>) && state.fetchStatus === 'idle' });
      break;
    case 'status':
      // From here on nothing is followed any more.
      if (event.status === 'stopped') outdateLogs(client);
      if (event.status === 'polling') sendUnsent();
      if (event.status !== 'ready' && event.status !== 'polling') clearPresence();
      break;
    case 'messages':
      takeMessages(client, event.conversationId, event.messages.map(toMessage), meId);
      break;
    case 'reload':
      outdateLog(client, event.conversationId);
      void client.invalidateQueries({ queryKey: keys.conversations });
      break;
    case 'conversation': {
      const conversation = toConversation(event.conversation);
      setConversation(client, conversation);
      noteRemoteDraft(conversation);
      void client.invalidateQueries({ queryKey: keys.unreadMessages });
      break;
    }
    case 'blocks':
      void client.invalidateQueries({ queryKey: keys.blockedIds });
      break;
    case 'conversations-stale':
      void client.invalidateQueries({ queryKey: ['conversations'] });
      break;
    case 'read':
      takeRead(client, event, meId);
      break;
    case 'delivered':
      if (event.userId === meId) break;
      patchConversation(client, event.conversationId, (old) =>
        old.peer?.id === event.userId ? { ...old, peer_delivered_seq: Math.max(old.peer_delivered_seq, event.seq) } : old,
      );
      patchMember(client, event.conversationId, event.userId, (old) => ({ ...old, delivered_seq: Math.max(old.delivered_seq ?? 0, event.seq) }));
      break;
    case 'typing':
      if (event.userId !== meId) noteTyping(event.conversationId, event.userId);
      break;
    case 'presence':
      notePresence(event.userId, event.present);
      break;
    default:
      break;
  }
}

function takeMessages(client: QueryClient, conversationId: string, messages: Message[], meId: string): void {
  addMessages(client, conversationId, messages, meId);
  for (const message of messages) noteStopped(conversationId, message.sender_id);
  const newest = Math.max(0, ...messages.filter((message) => message.sender_id !== meId).map((message) => message.seq));
  if (newest > 0) live.delivered(conversationId, newest);
}

function takeRead(client: QueryClient, { conversationId, userId, seq, unreadCount, asOfSeq, asOfNumber }: Extract<LiveEvent, { type: 'read' }>, meId: string): void {
  let isCertain = true;
  patchConversation(client, conversationId, (old) => {
    if (userId === meId) {
      const read = withServerRead(old, { seq, unread: unreadCount, asOf: asOfSeq, number: asOfNumber });
      isCertain &&= read.isCertain;
      return read.conversation;
    }
    return old.peer && old.peer.id !== userId ? old : { ...old, peer_read_seq: Math.max(old.peer_read_seq, seq) };
  });
  patchMember(client, conversationId, userId, (old) => ({ ...old, read_seq: Math.max(old.read_seq ?? 0, seq) }));
  if (!isCertain) void readAgain(client, conversationId);
}

async function readAgain(client: QueryClient, conversationId: string): Promise<void> {
  try {
    setConversation(client, toConversation(await messaging.conversation(conversationId)));
    await client.invalidateQueries({ queryKey: keys.unreadMessages });
  } catch (error) {
    // The next word about it is as good.
    if (!(error instanceof ApiError)) throw error;
  }
}

/** Says that everything up to `message` has been seen: here at once, then to the server, then on the other devices. */
export async function markRead(client: QueryClient, conversationId: string, message: Message): Promise<void> {
  // Said first: a total that is asked for because of the change here waits for it.
  const told = live.read(conversationId, message.seq);
  const shown = client.getQueryData<Paged<Message>>(keys.messages(conversationId))?.pages.flatMap((page) => page.items);
  patchConversation(client, conversationId, (old) => withRead(old, message, shown));
  try {
    await told;
  } catch (error) {
    // The mark is set again with the next message; nothing to tell the person.
    if (!(error instanceof LiveError) && !(error instanceof ApiError)) throw error;
  }
}
