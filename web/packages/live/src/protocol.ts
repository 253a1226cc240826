// The frames of the live connection, subprotocol village.v1. See crates/services/messaging/README.md.

export const SUBPROTOCOL = 'village.v1';

/** What this library reads of the things it carries. An application says what they are in full. */
export interface LiveTypes {
  conversation: { id: string; last_seq: number };
  message: { id: string; seq: number };
  notification: unknown;
}

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

export type ServerFrame<T extends LiveTypes = LiveTypes> =
  | { type: 'ack'; ref: string; result: unknown }
  | { type: 'error'; ref: string | null; code: string; message: string; retry_after?: number | null }
  | { type: 'message'; conversation_id: string; seq: number; prev_seq: number; message: T['message'] }
  | { type: 'rows'; conversation_id: string; from: number; upto: number; messages: T['message'][] }
  | { type: 'gap'; conversation_id: string; upto: number }
  | { type: 'conversation'; membership_seq: number; conversation: T['conversation'] }
  | { type: 'read'; conversation_id: string; user_id: string; seq: number; unread_count?: number | null }
  | { type: 'notification'; notification_seq: number; notification: T['notification']; unread_count: number }
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
export type LiveEvent<T extends LiveTypes = LiveTypes> =
  | { type: 'ready'; hello: HelloResult }
  | { type: 'messages'; conversationId: string; messages: T['message'][]; live: boolean }
  | { type: 'reload'; conversationId: string }
  | { type: 'conversation'; conversation: T['conversation'] }
  | { type: 'conversations-stale' }
  | { type: 'read'; conversationId: string; userId: string; seq: number; unreadCount: number | null }
  | { type: 'notification'; notification: T['notification']; unreadCount: number }
  | { type: 'notifications-stale' }
  | { type: 'status'; status: LiveStatus };

export type LiveStatus = 'stopped' | 'connecting' | 'ready' | 'waiting';
