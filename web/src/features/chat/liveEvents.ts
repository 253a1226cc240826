import type { QueryClient } from '@tanstack/react-query';
import { ApiError } from '@/api';
import { keys, live } from '@/entities';
import { LiveError, type LiveEvent } from '@/live';
import { addMessages, patchConversation, putInList } from './cache';
import { sendUnsent } from './outbox';

/** Brings what the socket says into the caches of the chat screens. */
export function onChatEvent(event: LiveEvent, client: QueryClient, meId: string): void {
  switch (event.type) {
    case 'ready':
      sendUnsent();
      void client.invalidateQueries({ queryKey: keys.unreadMessages });
      break;
    case 'status':
      if (event.status === 'polling') sendUnsent();
      break;
    case 'messages':
      addMessages(client, event.conversationId, event.messages, meId);
      break;
    case 'reload':
      void client.resetQueries({ queryKey: keys.messages(event.conversationId) });
      void client.invalidateQueries({ queryKey: keys.conversations });
      break;
    case 'conversation':
      client.setQueryData(keys.conversation(event.conversation.id), event.conversation);
      putInList(client, event.conversation);
      void client.invalidateQueries({ queryKey: keys.unreadMessages });
      break;
    case 'conversations-stale':
      void client.invalidateQueries({ queryKey: keys.conversations });
      void client.invalidateQueries({ queryKey: keys.unreadMessages });
      break;
    case 'read':
      patchConversation(client, event.conversationId, (old) =>
        event.userId === meId
          ? { ...old, read_seq: Math.max(old.read_seq, event.seq), unread_count: event.unreadCount ?? old.unread_count }
          : { ...old, peer_read_seq: Math.max(old.peer_read_seq, event.seq) },
      );
      break;
    default:
      break;
  }
}

/** Says that everything up to `seq` has been seen: here at once, then to the server, then on the other devices. */
export async function markRead(client: QueryClient, conversationId: string, seq: number): Promise<void> {
  patchConversation(client, conversationId, (old) => ({ ...old, read_seq: Math.max(old.read_seq, seq), unread_count: 0 }));
  try {
    await live.read(conversationId, seq);
  } catch (error) {
    // The mark is set again with the next message; nothing to tell the person.
    if (!(error instanceof LiveError) && !(error instanceof ApiError)) throw error;
  }
}
