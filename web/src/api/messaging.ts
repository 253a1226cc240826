// Messaging, wrapped once: the shapes of conversations and messages, and one function for each thing that can be asked.
// The shapes are written by hand until the generated document names all of them.
import { api, call } from './client';
import type { components } from './generated/schema';
import type { Page } from './types';

type Schemas = components['schemas'];
type Image = Schemas['Image'];
type UserSummary = Schemas['UserSummary'];

export type ConversationRole = 'owner' | 'admin' | 'member';
export type NotifyLevel = 'all' | 'mentions' | 'none';

export interface Conversation {
  id: string;
  kind: 'direct' | 'group' | 'channel';
  name: string | null;
  picture: Image | null;
  channel: Schemas['ChannelSummary'] | null;
  peer: UserSummary | null;
  /** Of the person who is logged in. */
  state: 'active' | 'requested' | 'declined' | 'left';
  /** While requested: who wants to talk. */
  added_by: UserSummary | null;
  role: ConversationRole;
  member_count: number;
  last_message: Message | null;
  last_seq: number;
  joined_seq: number;
  read_seq: number;
  unread_count: number;
  peer_read_seq: number;
  peer_delivered_seq: number;
  can_send: boolean;
  updated_at: string;
  notify: NotifyLevel;
  muted_until: string | null;
  retention_seconds: number | null;
  pinned_count: number;
  draft: Draft | null;
  membership_seq: number;
}

export interface Draft {
  body: string;
  updated_at: string;
}

export type ConversationEvent =
  | { type: 'created' | 'picture_changed' | 'member_joined' | 'member_left' }
  | { type: 'renamed'; name: string }
  | { type: 'members_added'; user_ids: string[] }
  | { type: 'member_removed'; user_id: string }
  | { type: 'role_changed'; user_id: string; role: ConversationRole }
  | { type: 'retention_changed'; retention_seconds: number | null };

export interface Reaction {
  emoji: string;
  count: number;
  me: boolean;
}

export interface Message {
  id: string;
  conversation_id: string;
  /** Where it stands; never changes. */
  seq: number;
  changed_seq: number;
  number: number;
  kind: 'text' | 'event';
  sender_id: string;
  client_id?: string | null;
  body: string;
  images: Image[];
  reply_to: { seq: number; message_id: string } | null;
  forwarded: boolean;
  mentions: string[];
  reactions: Reaction[];
  edited_at: string | null;
  deleted_at: string | null;
  pinned_at: string | null;
  created_at: string;
  event: ConversationEvent | null;
}

export interface Member {
  user: UserSummary;
  role: ConversationRole;
  state: Conversation['state'];
  joined_seq: number;
  read_seq: number | null;
  delivered_seq: number | null;
}

export interface ConversationLink {
  code: string;
  url: string;
  expires_at: string;
}

export interface LinkPreview {
  conversation_id: string;
  name: string | null;
  picture: Image | null;
  member_count: number;
  is_member: boolean;
}

export interface MessagingSettings {
  read_receipts: boolean;
  presence: boolean;
}

export interface MessageDraft {
  client_id: string;
  body: string;
  images?: { media_id: string; alt: string }[];
  reply_to?: string;
  forward_of?: { conversation_id: string; message_id: string };
}

interface Init {
  path?: Record<string, string>;
  query?: Record<string, unknown>;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Loose = Record<Method, (path: string, init: unknown) => Promise<{ data?: unknown; error?: unknown; response: Response }>>;

async function ask<T>(method: Method, path: string, { path: places, query, body, signal }: Init = {}): Promise<T> {
  const init = { params: { path: places ?? {}, query: query ?? {} }, ...(body === undefined ? {} : { body }), ...(signal ? { signal } : {}) };
  return (await call((api as unknown as Loose)[method](path, init))) as T;
}

interface Listing {
  cursor?: string | undefined;
  limit?: number;
  signal?: AbortSignal | undefined;
}

const list = <T>(path: string, places: Record<string, string>, { signal, ...query }: Listing & Record<string, unknown>) => ask<Page<T>>('GET', path, { path: places, query, signal });

const CONVERSATION = '/conversations/{id}';
const MEMBER = '/conversations/{id}/members/{user_id}';
const MESSAGE = '/conversations/{id}/messages/{message_id}';

export const messaging = {
  conversations: ({ signal, ...query }: Listing & { box?: 'inbox' | 'requests' }) => ask<Page<Conversation>>('GET', '/conversations', { query, signal }),
  conversation: (id: string, signal?: AbortSignal) => ask<Conversation>('GET', CONVERSATION, { path: { id }, signal }),
  createGroup: (body: { name: string; member_ids: string[]; picture_media_id?: string }) => ask<Conversation>('POST', '/conversations/groups', { body }),
  joinChannel: (channelId: string) => ask<Conversation>('PUT', '/conversations/channels/{channel_id}', { path: { channel_id: channelId } }),
  change: (id: string, body: { name?: string; picture_media_id?: string | null; retention_seconds?: number | null }) => ask<Conversation>('PATCH', CONVERSATION, { path: { id }, body }),
  accept: (id: string) => ask<Conversation>('POST', '/conversations/{id}/accept', { path: { id } }),
  decline: (id: string) => ask<unknown>('POST', '/conversations/{id}/decline', { path: { id } }),
  members: (id: string, listing: Listing) => list<Member>('/conversations/{id}/members', { id }, { ...listing }),
  addMembers: (id: string, userIds: string[]) => ask<Conversation>('POST', '/conversations/{id}/members', { path: { id }, body: { user_ids: userIds } }),
  setRole: (id: string, userId: string, role: ConversationRole) => ask<unknown>('PUT', MEMBER, { path: { id, user_id: userId }, body: { role } }),
  removeMember: (id: string, userId: string) => ask<void>('DELETE', MEMBER, { path: { id, user_id: userId } }),
  makeLink: (id: string) => ask<ConversationLink>('POST', '/conversations/{id}/link', { path: { id }, body: {} }),
  revokeLink: (id: string) => ask<void>('DELETE', '/conversations/{id}/link', { path: { id } }),
  previewLink: (code: string, signal?: AbortSignal) => ask<LinkPreview>('POST', '/conversations/links/preview', { body: { code }, signal }),
  joinLink: (code: string) => ask<Conversation>('POST', '/conversations/links/join', { body: { code } }),
  setSettings: (id: string, body: { notify?: NotifyLevel; muted_until?: string | null }) => ask<Conversation>('PUT', '/conversations/{id}/settings', { path: { id }, body }),
  setDraft: (id: string, body: string) => ask<Draft | null>('PUT', '/conversations/{id}/draft', { path: { id }, body: { body } }),
  setRead: (id: string, seq: number) => ask<unknown>('PUT', '/conversations/{id}/read', { path: { id }, body: { seq } }),
  search: (q: string, { conversationId, ...listing }: Listing & { conversationId?: string | undefined }) =>
    list<Message>('/conversations/search', {}, { ...listing, q, ...(conversationId ? { conversation_id: conversationId } : {}) }),
  messages: (id: string, listing: Listing & { around?: number | undefined }) => list<Message>('/conversations/{id}/messages', { id }, { ...listing }),
  message: (id: string, messageId: string, signal?: AbortSignal) => ask<Message>('GET', MESSAGE, { path: { id, message_id: messageId }, signal }),
  send: (id: string, body: MessageDraft) => ask<Message>('POST', '/conversations/{id}/messages', { path: { id }, body }),
  edit: (id: string, messageId: string, body: string) => ask<Message>('PATCH', MESSAGE, { path: { id, message_id: messageId }, body: { body } }),
  delete: (id: string, messageId: string) => ask<Message>('DELETE', MESSAGE, { path: { id, message_id: messageId } }),
  edits: (id: string, messageId: string, signal?: AbortSignal) => ask<{ items: { body: string; written_at: string }[] }>('GET', `${MESSAGE}/edits`, { path: { id, message_id: messageId }, signal }),
  react: (id: string, messageId: string, emoji: string, on: boolean) => ask<Message>(on ? 'PUT' : 'DELETE', `${MESSAGE}/reactions/{emoji}`, { path: { id, message_id: messageId, emoji } }),
  reactions: (id: string, messageId: string, listing: Listing) => list<{ emoji: string; user: UserSummary; created_at: string }>(`${MESSAGE}/reactions`, { id, message_id: messageId }, { ...listing }),
  pin: (id: string, messageId: string, on: boolean) => ask<Message>(on ? 'PUT' : 'DELETE', `${MESSAGE}/pin`, { path: { id, message_id: messageId } }),
  pins: (id: string, listing: Listing) => list<Message>('/conversations/{id}/pins', { id }, { ...listing }),
  settings: (signal?: AbortSignal) => ask<MessagingSettings>('GET', '/messaging/settings', { signal }),
  changeSettings: (body: Partial<MessagingSettings>) => ask<MessagingSettings>('PATCH', '/messaging/settings', { body }),
};
