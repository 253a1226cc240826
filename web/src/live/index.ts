// The live connection (packages/live) with the types of this client's API.
import * as live from '@village/live';
import type { Conversation, Message, Notification } from '@/api';

export interface LiveTypes {
  conversation: Conversation;
  message: Message;
  notification: Notification;
}

export { Drafts, IndexedDbStorage, LiveError, Outbox, TYPING_SHOWN_MS, broadcastChannel, type Draft, type DraftMark, type EndedDraft, type LiveStatus, type OutboxEntry, type TokenSource } from '@village/live';
export type LiveEvent = live.LiveEvent<LiveTypes>;
export class LiveClient extends live.LiveClient<LiveTypes> {}
