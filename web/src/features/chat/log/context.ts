// What every message of an open conversation may need. One value for the whole log.
import { createContext, useContext } from 'react';
import type { Conversation, Message } from '@/api';

export interface LogTools {
  conversation: Conversation;
  meId: string;
  linkOf: (handle: string) => string | undefined;
  jumpTo: (place: { seq: number; message_id: string }) => void;
  reply: (message: Message) => void;
  openActions: (message: Message, element: Element) => void;
  react: (message: Message, emoji: string, on: boolean) => void;
  showReactions: (message: Message) => void;
  showEdits: (message: Message) => void;
}

export const LogContext = createContext<LogTools | null>(null);

export function useLogTools(): LogTools {
  const tools = useContext(LogContext);
  if (!tools) throw new Error('A message stands outside its log.');
  return tools;
}

/** What I may do with a message; the server has the last word. */
export function rightsOn(message: Message, { role, kind, can_send: canSend, state }: Conversation, meId: string) {
  const isMine = message.sender_id === meId;
  const isText = message.kind === 'text' && !message.deleted_at;
  const isAdmin = kind !== 'direct' && role !== 'member';
  const isIn = state === 'active';
  return {
    reply: isText && canSend && isIn,
    react: isText && canSend && isIn,
    forward: isText,
    copy: isText && message.body !== '',
    edit: isText && isMine && canSend && isIn && message.body !== '' && !message.forwarded,
    delete: isText && isIn && (isMine || (isAdmin && kind === 'group')),
    pin: isText && isIn && (kind === 'direct' || isAdmin),
  };
}
