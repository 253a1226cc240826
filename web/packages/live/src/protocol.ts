// The frames of the live connection, subprotocol village.v1. See docs/messaging.md.

export const SUBPROTOCOL = 'village.v1';

/** Larger frames are refused with 1009; what does not fit goes over REST. */
export const MAX_FRAME_BYTES = 16 * 1024;

/** How long somebody counts as typing after the last frame that said so. */
export const TYPING_SHOWN_MS = 6_000;

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

export interface ImageRef {
  media_id: string;
  alt: string;
}

/** Which text a draft is, and how new; both are chosen by who writes. A later text has a greater revision. */
export interface DraftMark {
  key: string;
  revision: number;
  /** The revision that was known when it was written. */
  after?: number;
}

/** A message to send. The `client_id` names it for good: sent twice, it is one message. */
export interface NewMessage {
  conversation_id: string;
  client_id: string;
  body: string;
  images?: ImageRef[];
  reply_to?: string;
  forward_of?: { conversation_id: string; message_id: string };
  /** The draft that it was, which ends with it. */
  draft?: DraftMark;
}

interface MessageName {
  conversation_id: string;
  message_id: string;
}

export type ClientFrame =
  | { type: 'hello'; ref: string; token: string; resume?: Resume }
  | { type: 'token'; ref: string; token: string }
  | ({ type: 'send'; ref: string } & NewMessage)
  | ({ type: 'edit'; ref: string; body: string } & MessageName)
  | ({ type: 'delete'; ref: string } & MessageName)
  | ({ type: 'react'; ref: string; emoji: string; on: boolean } & MessageName)
  | { type: 'read'; ref: string; conversation_id: string; seq: number }
  | { type: 'delivered'; ref: string; conversations: Marks }
  | { type: 'typing'; ref: string; conversation_id: string }
  | { type: 'watch'; ref: string; user_ids: string[] }
  | { type: 'resume'; ref: string; conversations: Marks }
  | { type: 'ping'; ref: string };

type WithoutRef<Frame> = Frame extends { ref: string } ? Omit<Frame, 'ref'> : never;
export type RequestFrame = WithoutRef<ClientFrame>;

export interface HelloResult {
  session_id: string;
  user_id: string;
  heartbeat_seconds: number;
  membership_seq: number;
  notification_seq: number;
  unread_notifications: number;
  /** Of older servers not. */
  blocks?: string;
}

export interface ReadResult {
  read_seq: number;
  unread_count: number;
}

export type ServerFrame<T extends LiveTypes = LiveTypes> =
  | { type: 'ack'; ref: string; result: unknown }
  | { type: 'error'; ref: string | null; code: string; message: string; retry_after?: number | null }
  | { type: 'message'; conversation_id: string; seq: number; prev_seq: number; message: T['message'] }
  | { type: 'rows'; conversation_id: string; from: number; upto: number; messages: T['message'][] }
  | { type: 'gap'; conversation_id: string; upto: number }
  | { type: 'conversation'; membership_seq: number; conversation: T['conversation'] }
  | { type: 'read'; conversation_id: string; user_id: string; seq: number; unread_count?: number | null; membership_seq?: number | null; last_seq?: number | null; last_number?: number | null }
  | { type: 'delivered'; conversation_id: string; user_id: string; seq: number }
  | { type: 'typing'; conversation_id: string; user_id: string }
  | { type: 'presence'; user_id: string; present: boolean }
  | { type: 'notification'; notification_seq: number; notification: T['notification']; unread_count: number }
  | { type: 'blocks'; blocks: string }
  | { type: 'notification_removed'; notification_seq: number; notification_id: string; unread_count: number }
  | {
      type: 'heartbeat';
      conversations: Marks;
      membership_seq: number;
      notification_seq: number;
      unread_notifications?: number | null;
      blocks?: string;
    }
  | { type: 'reconnect'; within_ms: number };

/** The answer of `POST /conversations/sync`, the REST twin of hello and resume. */
export interface SyncAnswer<T extends LiveTypes = LiveTypes> {
  conversations: (
    | { conversation_id: string; gap?: false; from: number; upto: number; messages: T['message'][] }
    | { conversation_id: string; gap: true; upto: number }
  )[];
  memberships: T['conversation'][];
  membership_seq: number;
  /** It was cut: ask again at once. */
  more?: boolean;
}

export const CLOSE = {
  normal: 1000,
  /** Nobody said goodbye. */
  abnormal: 1006,
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
  /** New or changed messages. `live` says that they came just now, not as the answer to a question. */
  | { type: 'messages'; conversationId: string; messages: T['message'][]; live: boolean }
  /** Too much was missed: read the history again over REST, then call `loaded`. */
  | { type: 'reload'; conversationId: string }
  | { type: 'conversation'; conversation: T['conversation'] }
  /** Something about the person's conversations was missed: read the list again over REST. */
  | { type: 'conversations-stale' }
  /**
   * `unreadCount` is for the person's own mark, counted when the conversation stood at `asOfSeq`, of which the newest message
   * had the number `asOfNumber`.
   */
  | { type: 'read'; conversationId: string; userId: string; seq: number; unreadCount: number | null; asOfSeq: number | null; asOfNumber: number | null }
  | { type: 'delivered'; conversationId: string; userId: string; seq: number }
  /** Show it for `TYPING_SHOWN_MS`. */
  | { type: 'typing'; conversationId: string; userId: string }
  /** About somebody who is watched (`watch`). Unknown again once the status is no longer `ready`. */
  | { type: 'presence'; userId: string; present: boolean }
  /** `seq` is the change that this is; the notification has a seq of its own, which is its place in the list. */
  | { type: 'notification'; notification: T['notification']; unreadCount: number; seq: number }
  /** It is not shown any more: what it told of was taken back. */
  | { type: 'notification-removed'; id: string; unreadCount: number; seq: number }
  /** As many are unread now, at the change `seq`. */
  | { type: 'notifications-counted'; unreadCount: number; seq: number }
  | { type: 'notifications-stale' }
  /** The person has blocked or unblocked somebody, on whichever device: read the list of blocks again. */
  | { type: 'blocks' }
  | { type: 'status'; status: LiveStatus };

/** `polling`: no socket can be opened, but the server answers over REST, so nothing is lost; it only comes later. */
export type LiveStatus = 'stopped' | 'connecting' | 'ready' | 'waiting' | 'polling';
