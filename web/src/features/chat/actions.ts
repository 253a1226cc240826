// What one can do to a message or a conversation: shown at once, then asked of the server, taken back when it says no.
import { useCallback } from 'react';
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { errorText, useTranslation } from '@/i18n';
import { messaging, type Conversation, type Message, type Reaction } from '@/api';
import { keys, live } from '@/entities';
import { showToast } from '@/ui';
import { setConversation, setMessages } from './cache';
import { toConversation, toMessage } from './shape';

/** The reactions after I have pressed an emoji. Order is that of first use. */
export function withReaction(reactions: readonly Reaction[], emoji: string, on: boolean): Reaction[] {
  const known = reactions.find((reaction) => reaction.emoji === emoji);
  if (!known) return on ? [...reactions, { emoji, count: 1, me: true }] : [...reactions];
  if (known.me === on) return [...reactions];
  return reactions.map((reaction) => (reaction.emoji === emoji ? { ...reaction, me: on, count: reaction.count + (on ? 1 : -1) } : reaction)).filter((reaction) => reaction.count > 0);
}

async function change(client: QueryClient, message: Message, guess: Partial<Message>, ask: () => Promise<Message>): Promise<void> {
  setMessages(client, message.conversation_id, [{ ...message, ...guess }]);
  try {
    setMessages(client, message.conversation_id, [toMessage(await ask())]);
  } catch (error) {
    setMessages(client, message.conversation_id, [message]);
    throw error;
  }
}

export const changeMessage = {
  react: (client: QueryClient, message: Message, emoji: string, on: boolean) =>
    change(client, message, { reactions: withReaction(message.reactions, emoji, on) }, () => live.react(message.conversation_id, message.id, emoji, on)),
  edit: (client: QueryClient, message: Message, body: string) =>
    change(client, message, { body, edited_at: new Date().toISOString() }, () => live.edit(message.conversation_id, message.id, body)),
  delete: (client: QueryClient, message: Message) =>
    change(client, message, { body: '', images: [], reactions: [], deleted_at: new Date().toISOString() }, () => live.delete(message.conversation_id, message.id)),
  pin: async (client: QueryClient, message: Message, on: boolean) => {
    await change(client, message, { pinned_at: on ? new Date().toISOString() : null }, () => messaging.pin(message.conversation_id, message.id, on));
    void client.invalidateQueries({ queryKey: keys.pins(message.conversation_id) });
    void client.invalidateQueries({ queryKey: keys.conversation(message.conversation_id) });
  },
};

/** Runs something and says so when it did not work. True when it did. */
export function useAttempt(): (task: () => Promise<unknown>, done?: string) => Promise<boolean> {
  const { t } = useTranslation();
  return useCallback(
    async (task, done) => {
      try {
        await task();
        if (done) showToast(done);
        return true;
      } catch (error) {
        showToast(errorText(t, error), { tone: 'error' });
        return false;
      }
    },
    [t],
  );
}

/** A conversation as the server gives it back after a change, brought to every screen. */
export function useTakeConversation(): (raw: Conversation) => Conversation {
  const client = useQueryClient();
  return useCallback(
    (raw) => {
      const conversation = toConversation(raw);
      setConversation(client, conversation);
      void client.invalidateQueries({ queryKey: keys.conversations });
      return conversation;
    },
    [client],
  );
}
