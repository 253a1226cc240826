// A person with the library and nothing else: what they see is what its events said.
import { failureOf, LiveClient, MemoryStorage, Outbox, type Lock, type OutboxEvent, type OutboxStorage, type TokenSource } from '../src';
import type { Network } from './network';

export interface Message {
  id: string;
  conversation_id: string;
  seq: number;
  changed_seq: number;
  number: number;
  sender_id: string;
  client_id?: string | null;
  body: string;
}
export interface Conversation {
  id: string;
  last_seq: number;
  read_seq: number;
  unread_count: number;
  peer_read_seq: number;
}
interface Types {
  conversation: Conversation;
  message: Message;
  notification: unknown;
}
export interface Session {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  me: { id: string };
}

/** A device: its session, its view of one conversation, its outbox. */
export class Person {
  readonly view = new Map<string, Message>();
  readonly log: string[] = [];
  readonly sent: Message[] = [];
  readonly tokens: Tokens;
  readonly live: LiveClient<Types>;
  readonly outbox: Outbox<Message>;
  /** What a person would have been told of. */
  readonly errors: string[] = [];
  peerReadSeq = 0;
  deliveredSeq = 0;
  typing = 0;
  present: boolean | null = null;
  conversation = '';

  constructor(
    readonly id: string,
    readonly network: Network,
    session: Session,
    storage: OutboxStorage = new MemoryStorage(),
    lock: Lock = (_name, task) => task(),
  ) {
    this.tokens = new Tokens(session, (refreshToken) => this.#json('POST', '/auth/refresh', { refresh_token: refreshToken }) as Promise<Session>);
    this.live = new LiveClient<Types>({
      url: `ws://127.0.0.1:${network.port}/messaging`,
      tokens: this.tokens,
      rest: ({ method, path, body, signal }) => this.#json(method, path, body, signal),
    });
    this.outbox = new Outbox<Message>({ send: (message) => this.live.send(message), storage, lock, channel: null });
    this.live.on((event) => {
      if (event.type === 'status') this.log.push(event.status);
      if (event.type === 'ready' || (event.type === 'status' && event.status === 'polling')) this.outbox.wake();
      if (event.type === 'messages' && event.conversationId === this.conversation) this.#see(event.messages);
      if (event.type === 'reload' && event.conversationId === this.conversation) void this.load().catch((error) => this.#oops(error));
      if (event.type === 'read' && event.userId !== this.id) this.peerReadSeq = Math.max(this.peerReadSeq, event.seq);
      if (event.type === 'delivered' && event.userId !== this.id) this.deliveredSeq = Math.max(this.deliveredSeq, event.seq);
      if (event.type === 'typing') this.typing += 1;
      if (event.type === 'presence') this.present = event.present;
    });
    this.outbox.on((event: OutboxEvent<Message>) => {
      if (event.type === 'failed') this.errors.push(`${event.entry.body}: ${event.entry.error?.code}`);
      if (event.type === 'sent') {
        this.sent.push(event.message);
        this.#see([event.message]);
      }
    });
  }

  /** Begins as the web client does: history over REST, then the socket. */
  async enter(conversation: string): Promise<void> {
    this.conversation = conversation;
    await this.load();
    void this.outbox.open(this.id);
    this.live.start();
  }

  leave(): void {
    this.live.stop();
    this.outbox.close();
  }

  say(body: string): void {
    this.outbox.send({ conversationId: this.conversation, body });
  }

  /** All of the history, newest page first, as a client reads it after `reload`. */
  async load(): Promise<void> {
    const began = this.live.mark(this.conversation);
    const messages = await this.history();
    this.view.clear();
    this.#see(messages);
    this.live.loaded(this.conversation, Math.max(0, ...messages.map((message) => message.changed_seq)), began);
  }

  async history(): Promise<Message[]> {
    const messages: Message[] = [];
    for (let cursor: string | null | undefined = ''; cursor != null; ) {
      const page = (await this.#json('GET', `/conversations/${this.conversation}/messages?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)) as {
        items: Message[];
        next?: string | null;
      };
      messages.push(...page.items);
      cursor = page.next;
    }
    return messages;
  }

  /** In the order of the conversation. */
  get seen(): string[] {
    return [...this.view.values()].toSorted((a, b) => a.number - b.number).map((message) => message.body);
  }

  call(method: string, path: string, body?: unknown): Promise<unknown> {
    return this.#json(method, path, body);
  }

  #see(messages: readonly Message[]): void {
    for (const message of messages) {
      const old = this.view.get(message.id);
      if (!old || old.changed_seq <= message.changed_seq) this.view.set(message.id, message);
    }
  }

  #oops(error: unknown): void {
    const { code, isTemporary } = failureOf(error);
    if (isTemporary) setTimeout(() => void this.load().catch((again) => this.#oops(again)), 500);
    else this.errors.push(`reload: ${code}`);
  }

  async #json(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
    const current = path.startsWith('/auth') ? null : this.tokens.current();
    const ask = () =>
      fetch(`http://127.0.0.1:${this.network.port}${path}`, {
        method,
        headers: { ...(current && { authorization: `Bearer ${current.token}` }), ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: signal ?? AbortSignal.timeout(15_000),
      });
    // As browsers do with what changes nothing: a connection that was kept may have been cut a moment ago.
    const response = await (method === 'GET' ? ask().catch(ask) : ask());
    const json = (await response.json().catch(() => null)) as { code?: string; detail?: string } | null;
    if (response.ok) return json;
    const retryAfter = response.headers.get('retry-after');
    throw Object.assign(new Error(`${method} ${path}: ${json?.detail ?? response.status}`), {
      code: json?.code ?? 'unexpected',
      status: response.status,
      retryAfterSeconds: retryAfter === null ? null : Number(retryAfter),
    });
  }

  static async signUp(network: Network, handle: string): Promise<{ id: string; session: Session }> {
    const response = await fetch(`http://127.0.0.1:${network.port}/auth/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: `${handle}@village.example`, password: `a long walk with ${handle}`, handle, display_name: handle, refresh: 'body' }),
    });
    const session = (await response.json()) as Session;
    if (!response.ok) throw new Error(`signing up failed: ${JSON.stringify(session)}`);
    return { id: session.me.id, session };
  }
}

/** The session of one device: tokens in memory, refreshed one at a time. */
export class Tokens implements TokenSource {
  refreshes = 0;
  session: Session;
  #expiresAt: number;
  #token: string;
  readonly #fetch: (refreshToken: string) => Promise<Session>;
  #running: Promise<boolean> | null = null;
  readonly #listeners = new Set<() => void>();

  constructor(session: Session, fetchSession: (refreshToken: string) => Promise<Session>) {
    this.session = session;
    this.#token = session.access_token;
    this.#expiresAt = Date.now() + session.expires_in * 1_000;
    this.#fetch = fetchSession;
  }

  current() {
    return { token: this.#token, expiresAt: this.#expiresAt };
  }

  refresh(): Promise<boolean> {
    this.#running ??= this.#refresh().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The device believes that this is its token, until it asks for another. */
  pretend(token: string, expiresInMs: number): void {
    this.#token = token;
    this.#expiresAt = Date.now() + expiresInMs;
    for (const listener of this.#listeners) listener();
  }

  async #refresh(): Promise<boolean> {
    this.refreshes += 1;
    try {
      this.session = await this.#fetch(this.session.refresh_token);
    } catch (error) {
      if ((error as { status?: number }).status === 401) return false;
      throw error;
    }
    this.pretend(this.session.access_token, this.session.expires_in * 1_000);
    return true;
  }
}
