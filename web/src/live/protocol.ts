// The frames of the live connection (subprotocol village.v1). See asyncapi.json at the root of the repository.
import type { Conversation, Message, Notification } from '@/api';

export const SUBPROTOCOL = 'village.v1';

/** Conversation id → sequence number. */
export type Marks = Record<string, number>;

export interface Resume {
  conversations: Marks;
  membership_seq?: number;
  notification_seq?: number;
}

export type ClientFrame =
  | { type: 'hello'; ref: string; token: string; resume?: Resume }
  | { type: 'token'; ref: string; token: string }
  | { type: 'send'; ref: string; conversation_id: string; client_id: string; body: string }
  | { type: 'read'; ref: string; conversation_id: string; seq: number }
  | { type: 'resume'; ref: string; conversations: Marks }
  | { type: 'ping'; ref: string };

export interface HelloResult {
  session_id: string;
  user_id: string;
  heartbeat_seconds: number;
  membership_seq: number;
  notification_seq: number;
  unread_notifications: number;
}

export type ServerFrame =
  | { type: 'ack'; ref: string; result: unknown }
  | { type: 'error'; ref: string | null; code: string; message: string; retry_after?: number | null }
  | { type: 'message'; conversation_id: string; seq: number; prev_seq: number; message: Message }
  | { type: 'rows'; conversation_id: string; from: number; upto: number; messages: Message[] }
  | { type: 'gap'; conversation_id: string; upto: number }
  | { type: 'conversation'; membership_seq: number; conversation: Conversation }
  | { type: 'read'; conversation_id: string; user_id: string; seq: number; unread_count?: number | null }
  | { type: 'notification'; notification_seq: number; notification: Notification; unread_count: number }
  | { type: 'heartbeat'; conversations: Marks; membership_seq: number; notification_seq: number }
  | { type: 'reconnect'; within_ms: number };

export const CLOSE = {
  normal: 1000,
  /** Ours: nothing was heard for too long. The 4000s of the server stay below 4100. */
  silent: 4900,
  helloTimeout: 4000,
  unauthenticated: 4001,
  protocol: 4002,
  originRefused: 4003,
  resume: 4008,
  tooManyConnections: 4029,
  restart: 1012,
} as const;

/** What the connection tells the rest of the client. */
export type LiveEvent =
  | { type: 'ready'; hello: HelloResult }
  | { type: 'messages'; conversationId: string; messages: Message[]; live: boolean }
  | { type: 'reload'; conversationId: string }
  | { type: 'conversation'; conversation: Conversation }
  | { type: 'conversations-stale' }
  | { type: 'read'; conversationId: string; userId: string; seq: number; unreadCount: number | null }
  | { type: 'notification'; notification: Notification; unreadCount: number }
  | { type: 'notifications-stale' }
  | { type: 'status'; status: LiveStatus };

export type LiveStatus = 'stopped' | 'connecting' | 'ready' | 'waiting';
