import type { QueryClient } from '@tanstack/react-query';
import { ApiError, type Message } from '@/api';
import { keys, live } from '@/entities';
import { LiveError, type LiveEvent } from '@/live';
import { addMessages, patchConversation, patchMember, setConversation } from './cache';
import { noteRemoteDraft, pushDrafts } from './composer/drafts';
import { sendUnsent } from './outbox';
import { clearPresence, notePresence } from './presence';
import { toConversation, toMessage } from './shape';
import { noteStopped, noteTyping } from './typing';

/** Brings what the socket says into the caches of the chat screens. */
export function onChatEvent(event: LiveEvent, client: QueryClient, meId: string): void {
  switch (event.type) {
    case 'ready':
      sendUnsent();
      pushDrafts();
      void client.invalidateQueries({ queryKey: keys.unreadMessages });
      break;
    case 'status':
      if (event.status === 'polling') sendUnsent();
      if (event.status !== 'ready' && event.status !== 'polling') clearPresence();
      break;
    case 'messages':
      takeMessages(client, event.conversationId, event.messages.map(toMessage), meId);
      break;
    case 'reload':
      // Everything is read again behind what is shown: who looks at it must not see it vanish.
      void client.invalidateQueries({ queryKey: keys.messages(event.conversationId) });
      void client.invalidateQueries({ queryKey: keys.conversations });
      break;
    case 'conversation': {
      const conversation = toConversation(event.conversation);
      setConversation(client, conversation);
      noteRemoteDraft(conversation.id, conversation.draft, conversation.membership_seq);
      void client.invalidateQueries({ queryKey: keys.unreadMessages });
      break;
    }
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

function takeRead(client: QueryClient, { conversationId, userId, seq, unreadCount }: Extract<LiveEvent, { type: 'read' }>, meId: string): void {
  patchConversation(client, conversationId, (old) => {
    if (userId === meId) return { ...old, read_seq: Math.max(old.read_seq, seq), unread_count: unreadCount ?? old.unread_count };
    return old.peer && old.peer.id !== userId ? old : { ...old, peer_read_seq: Math.max(old.peer_read_seq, seq) };
  });
  patchMember(client, conversationId, userId, (old) => ({ ...old, read_seq: Math.max(old.read_seq ?? 0, seq) }));
}

/** Says that everything up to `seq` has been seen: here at once, then to the server, then on the other devices. */
export async function markRead(client: QueryClient, conversationId: string, seq: number, left: number): Promise<void> {
  patchConversation(client, conversationId, (old) => ({ ...old, read_seq: Math.max(old.read_seq, seq), unread_count: left }));
  try {
    await live.read(conversationId, seq);
  } catch (error) {
    // The mark is set again with the next message; nothing to tell the person.
    if (!(error instanceof LiveError) && !(error instanceof ApiError)) throw error;
  }
}
