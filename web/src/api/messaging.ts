// Messaging, wrapped once: the shapes of conversations and messages, and one function for each thing that can be asked.
import { api, call } from './client';
import type { components } from './generated/schema';
import type { Page } from './types';

type Schemas = components['schemas'];

/** What the API may leave out is null here: the chat puts it in where the answer comes in. */
type Whole<T> = { [K in keyof T]-?: Exclude<T[K], undefined> };

export type Message = Whole<Schemas['Message']>;
export type Conversation = Whole<Omit<Schemas['Conversation'], 'last_message'>> & { last_message: Message | null };
export type ConversationEvent = Schemas['ConversationEvent'];
export type ConversationRole = Schemas['MemberRole'];
export type NotifyLevel = Schemas['NotifyLevel'];
export type Reaction = Schemas['Reaction'];
export type Member = Whole<Schemas['Member']>;
export type ConversationLink = Schemas['ConversationLink'];
export type LinkPreview = Whole<Schemas['LinkPreview']>;
export type MessagingSettings = Schemas['MessagingSettings'];

interface Init {
  path?: Record<string, string>;
  query?: Record<string, unknown>;
  body?: unknown;
  signal?: AbortSignal | undefined;
  headers?: Record<string, string>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Loose = Record<Method, (path: string, init: unknown) => Promise<{ data?: unknown; error?: unknown; response: Response }>>;

async function ask<T>(method: Method, path: string, { path: places, query, body, signal, headers }: Init = {}): Promise<T> {
  const init = { params: { path: places ?? {}, query: query ?? {} }, ...(body === undefined ? {} : { body }), ...(signal ? { signal } : {}), ...(headers ? { headers } : {}) };
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
  createGroup: (body: { name: string; member_ids: string[]; picture_media_id?: string }, key: string) =>
    ask<Conversation>('POST', '/conversations/groups', { body, headers: { 'Idempotency-Key': key } }),
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
  setDraft: (id: string, body: string, mark: Schemas['DraftMark']) => ask<unknown>('PUT', '/conversations/{id}/draft', { path: { id }, body: { body, mark } }),
  search: (q: string, { conversationId, ...listing }: Listing & { conversationId?: string | undefined }) =>
    list<Message>('/conversations/search', {}, { ...listing, q, ...(conversationId ? { conversation_id: conversationId } : {}) }),
  messages: (id: string, listing: Listing & { around?: number | undefined }) => list<Message>('/conversations/{id}/messages', { id }, { ...listing }),
  withImages: (id: string, listing: Listing) => list<Message>('/conversations/{id}/images', { id }, { ...listing }),
  message: (id: string, messageId: string, signal?: AbortSignal) => ask<Message>('GET', MESSAGE, { path: { id, message_id: messageId }, signal }),
  edits: (id: string, messageId: string, signal?: AbortSignal) => ask<{ items: { body: string; written_at: string }[] }>('GET', `${MESSAGE}/edits`, { path: { id, message_id: messageId }, signal }),
  reactions: (id: string, messageId: string, listing: Listing) => list<{ emoji: string; user: Schemas['UserSummary']; created_at: string }>(`${MESSAGE}/reactions`, { id, message_id: messageId }, { ...listing }),
  pin: (id: string, messageId: string, on: boolean) => ask<Message>(on ? 'PUT' : 'DELETE', `${MESSAGE}/pin`, { path: { id, message_id: messageId } }),
  pins: (id: string, listing: Listing) => list<Message>('/conversations/{id}/pins', { id }, { ...listing }),
  settings: (signal?: AbortSignal) => ask<MessagingSettings>('GET', '/messaging/settings', { signal }),
  changeSettings: (body: Partial<MessagingSettings>) => ask<MessagingSettings>('PATCH', '/messaging/settings', { body }),
};
