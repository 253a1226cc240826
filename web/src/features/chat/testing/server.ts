// A server in a few lines for the tests of screens: what it was asked, and one conversation's worth of state.
import type { Conversation, Message } from '@/api';

export const ME = { id: 'me', handle: 'ana', display_name: 'Ana Ribeiro', email: 'ana@village.example', avatar: null, bio: '', created_at: '2026-01-01T00:00:00Z', role: 'member' };
export const MARA = { id: 'mara', handle: 'mara', display_name: 'Mara Lindqvist', avatar: null };
export const BEN = { id: 'ben', handle: 'ben', display_name: 'Ben Okafor', avatar: null };

export function aMessage(seq: number, over: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    conversation_id: 'c1',
    seq,
    changed_seq: seq,
    number: seq,
    kind: 'text',
    sender_id: 'mara',
    client_id: null,
    body: `message ${seq}`,
    images: [],
    withheld_images: 0,
    reply_to: null,
    forwarded: false,
    mentions: [],
    reactions: [],
    edited_at: null,
    deleted_at: null,
    pinned_at: null,
    created_at: new Date(Date.UTC(2026, 5, 1, 3, seq)).toISOString(),
    event: null,
    ...over,
  };
}

export function aConversation(over: Partial<Conversation> = {}): Conversation {
  return {
    id: 'c1',
    kind: 'direct',
    name: null,
    picture: null,
    channel: null,
    peer: MARA,
    state: 'active',
    added_by: null,
    role: 'member',
    member_count: 2,
    last_message: null,
    last_seq: 3,
    joined_seq: 1,
    read_seq: 3,
    unread_count: 0,
    peer_read_seq: 0,
    peer_delivered_seq: 0,
    can_send: true,
    updated_at: '2026-06-01T03:10:00Z',
    notify: 'all',
    muted_until: null,
    retention_seconds: null,
    pinned_count: 0,
    draft: null,
    draft_mark: null,
    membership_seq: 1,
    ...over,
  };
}

export interface Asked {
  method: string;
  path: string;
  body: unknown;
}

type Answer = (asked: Asked, url: URL) => unknown;

/** Answers what `routes` knows ("POST /conversations/c1/accept"), lists with nothing, everything else with 404. */
export class FakeServer {
  readonly asked: Asked[] = [];
  readonly routes = new Map<string, Answer>();
  conversation = aConversation();
  messages: Message[] = [];

  constructor() {
    this.on('GET /conversations', (_, url) => (url.searchParams.get('box') === 'requests' ? list(this.#in('requested')) : list(this.#in('active'))));
    this.on('GET /conversations/unread', () => ({ unread_count: 0 }));
    this.on('GET /conversations/c1', () => this.conversation);
    this.on('GET /conversations/c1/messages', () => list(this.messages.toReversed()));
    this.on('GET /conversations/c1/members', () => list([ME, MARA, BEN].map((user, index) => ({ user, role: index === 0 ? 'owner' : 'member', state: 'active', joined_seq: 1, read_seq: 0, delivered_seq: 0 }))));
    this.on('POST /conversations/c1/messages', ({ body }) => {
      const sent = body as { body: string; client_id: string; reply_to?: string };
      const seq = (this.messages.at(-1)?.seq ?? 0) + 1;
      const replied = this.messages.find(({ id }) => id === sent.reply_to);
      const message = aMessage(seq, { sender_id: 'me', body: sent.body, client_id: sent.client_id, reply_to: replied ? { seq: replied.seq, message_id: replied.id } : null });
      this.messages.push(message);
      return message;
    });
    this.on('PUT /conversations/c1/draft', ({ body }) => ((body as { body: string }).body ? { ...(body as object), updated_at: '2026-06-01T03:20:00Z' } : null));
    this.on('PUT /conversations/c1/read', ({ body }) => ({ read_seq: (body as { seq: number }).seq, unread_count: 0 }));
  }

  on(route: string, answer: Answer): void {
    this.routes.set(route, answer);
  }

  /** For a message that is there: changes it and gives it back, as the server does. */
  changes(route: string, id: string, change: (message: Message) => Partial<Message>): void {
    this.on(route, () => {
      const old = this.messages.find((message) => message.id === id);
      if (!old) return undefined;
      const next = { ...old, ...change(old), changed_seq: old.changed_seq + 100 };
      this.messages = this.messages.map((message) => (message.id === id ? next : message));
      return next;
    });
  }

  askedFor(method: string, path: string): Asked[] {
    return this.asked.filter((each) => each.method === method && each.path === path);
  }

  fetch = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const text = await request.clone().text();
    const asked: Asked = { method: request.method, path: decodeURIComponent(url.pathname), body: text ? (JSON.parse(text) as unknown) : null };
    this.asked.push(asked);
    const answer = this.routes.get(`${asked.method} ${asked.path}`)?.(asked, url);
    if (answer === undefined) return Response.json({ code: 'not_found', title: 'Not found', status: 404 }, { status: 404 });
    return Response.json(answer);
  };

  #in(state: Conversation['state']): Conversation[] {
    return this.conversation.state === state ? [this.conversation] : [];
  }
}

function list<T>(items: T[]): { items: T[]; next: null } {
  return { items, next: null };
}
