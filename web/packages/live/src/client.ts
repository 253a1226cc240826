// The live connection: one socket that is kept open, renewed and repaired. It knows nothing of React or of screens;
// it turns frames into events and requests into promises.
import { backoffDelay } from './backoff';
import { CLOSE, SUBPROTOCOL, type ClientFrame, type HelloResult, type LiveEvent, type LiveStatus, type LiveTypes, type Marks, type ServerFrame } from './protocol';
import { Sequences } from './sequences';

/** Where tokens come from. `refresh` resolves to false when the person has to log in again. */
export interface TokenSource {
  current(): { token: string; expiresAt: number } | null;
  refresh(): Promise<boolean>;
  subscribe(listener: () => void): () => void;
}

export interface LiveOptions {
  url: string;
  tokens: TokenSource;
  createSocket?: (url: string, protocol: string) => WebSocket;
  random?: () => number;
  now?: () => number;
}

export class LiveError extends Error {
  override readonly name = 'LiveError';
  constructor(
    readonly code: string,
    message: string,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
  }
}

type RequestFrame = ClientFrame extends infer Frame ? (Frame extends { ref: string } ? Omit<Frame, 'ref'> : never) : never;

interface Pending {
  resolve: (result: unknown) => void;
  reject: (error: LiveError) => void;
  timer: ReturnType<typeof setTimeout>;
}

const REQUEST_TIMEOUT_MS = 10_000;
/** Frames of one conversation may overtake each other by this much before we call it a hole. */
const HOLE_WAIT_MS = 300;
const RENEW_BEFORE_EXPIRY_MS = 60_000;
const TOO_MANY_CONNECTIONS_WAIT_MS = 30_000;

export class LiveClient<T extends LiveTypes = LiveTypes> {
  readonly #options: Required<LiveOptions>;
  readonly #listeners = new Set<(event: LiveEvent<T>) => void>();
  readonly #sequences = new Sequences();
  readonly #pending = new Map<string, Pending>();
  #status: LiveStatus = 'stopped';
  #socket: WebSocket | null = null;
  #attempt = 0;
  #nextRef = 0;
  #sentToken: string | null = null;
  #heartbeatMs = 20_000;
  #membershipSeq: number | undefined;
  #notificationSeq: number | undefined;
  #unsubscribe: (() => void) | null = null;
  #reconnectTimer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #renewTimer: ReturnType<typeof setTimeout> | undefined;
  #drainTimer: ReturnType<typeof setTimeout> | undefined;
  #holeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveOptions) {
    this.#options = {
      createSocket: (url, protocol) => new WebSocket(url, protocol),
      random: Math.random,
      now: Date.now,
      ...options,
    };
  }

  get status(): LiveStatus {
    return this.#status;
  }

  on(listener: (event: LiveEvent<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    if (this.#status !== 'stopped') return;
    this.#attempt = 0;
    this.#unsubscribe = this.#options.tokens.subscribe(() => this.#onTokenChange());
    void this.#connect();
  }

  /** Closes for good and forgets everything: the next start may be another person. */
  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#drop(CLOSE.normal);
    clearTimeout(this.#reconnectTimer);
    this.#sequences.clear();
    this.#membershipSeq = undefined;
    this.#notificationSeq = undefined;
    this.#setStatus('stopped');
  }

  /** Skips the waiting, for instance when the device is online again or the tab is looked at. */
  wake(): void {
    if (this.#status !== 'waiting') return;
    clearTimeout(this.#reconnectTimer);
    void this.#connect();
  }

  /** Sends a frame and waits for its ack. Rejects with a LiveError; `offline` means it may be tried another way. */
  request<R>(frame: RequestFrame): Promise<R> {
    if (this.#status !== 'ready') return Promise.reject(new LiveError('offline', 'There is no live connection.'));
    return this.#request<R>(frame);
  }

  /** The list of conversations says this one is at `seq`. */
  mention(conversationId: string, seq: number): void {
    this.#sequences.mention(conversationId, seq);
    this.#checkHoles();
  }

  /** Messages up to `seq` have been loaded over REST. */
  loaded(conversationId: string, seq: number): void {
    this.#sequences.rewind(conversationId, seq);
    this.#checkHoles();
  }

  async #connect(): Promise<void> {
    this.#setStatus('connecting');
    const { tokens } = this.#options;
    let current = tokens.current();
    if (!current || current.expiresAt - this.#options.now() < 5_000) {
      try {
        if (!(await tokens.refresh())) return this.stop();
      } catch {
        return this.#retryLater();
      }
      current = tokens.current();
    }
    if (!current || this.#status !== 'connecting') return;

    const socket = this.#options.createSocket(this.#options.url, SUBPROTOCOL);
    this.#socket = socket;
    this.#watch();
    const { token } = current;
    socket.addEventListener('open', () => {
      if (socket === this.#socket) this.#hello(token);
    });
    socket.addEventListener('message', (event: MessageEvent) => {
      if (socket === this.#socket) this.#receive(event.data);
    });
    socket.addEventListener('close', (event: CloseEvent) => {
      if (socket === this.#socket) this.#onClose(event.code);
    });
  }

  #hello(token: string): void {
    this.#sentToken = token;
    const resume = {
      conversations: this.#sequences.all(),
      ...(this.#membershipSeq === undefined ? {} : { membership_seq: this.#membershipSeq }),
      ...(this.#notificationSeq === undefined ? {} : { notification_seq: this.#notificationSeq }),
    };
    const isFirst = this.#membershipSeq === undefined && Object.keys(resume.conversations).length === 0;
    this.#request<HelloResult>({ type: 'hello', token, ...(isFirst ? {} : { resume }) }).then(
      (hello) => this.#onReady(hello),
      () => this.#socket && this.#reconnectNow(CLOSE.helloTimeout),
    );
  }

  #onReady(hello: HelloResult): void {
    this.#attempt = 0;
    this.#heartbeatMs = hello.heartbeat_seconds * 1000;
    const missedNotifications = this.#notificationSeq !== undefined && hello.notification_seq > this.#notificationSeq;
    this.#membershipSeq = hello.membership_seq;
    this.#notificationSeq = hello.notification_seq;
    this.#setStatus('ready');
    this.#emit({ type: 'ready', hello });
    if (missedNotifications) this.#emit({ type: 'notifications-stale' });
    this.#scheduleRenewal();
    this.#onTokenChange();
    this.#checkHoles();
  }

  #receive(data: unknown): void {
    this.#watch();
    let frame: ServerFrame<T>;
    try {
      frame = JSON.parse(String(data)) as ServerFrame<T>;
    } catch {
      return;
    }
    switch (frame.type) {
      case 'ack':
        this.#settle(frame.ref, (pending) => pending.resolve(frame.result));
        break;
      case 'error':
        if (frame.ref) this.#settle(frame.ref, (pending) => pending.reject(new LiveError(frame.code, frame.message, frame.retry_after ?? null)));
        break;
      case 'message':
        if (!this.#sequences.accept(frame.conversation_id, frame.seq, frame.prev_seq)) break;
        this.#emit({ type: 'messages', conversationId: frame.conversation_id, messages: [frame.message], live: true });
        this.#checkHoles();
        break;
      case 'rows':
        if (frame.messages.length > 0) this.#emit({ type: 'messages', conversationId: frame.conversation_id, messages: frame.messages, live: false });
        this.#sequences.reached(frame.conversation_id, frame.upto);
        break;
      case 'gap':
        this.#sequences.reached(frame.conversation_id, frame.upto);
        this.#emit({ type: 'reload', conversationId: frame.conversation_id });
        break;
      case 'conversation':
        this.#membershipSeq = Math.max(this.#membershipSeq ?? 0, frame.membership_seq);
        this.#sequences.mention(frame.conversation.id, frame.conversation.last_seq);
        this.#emit({ type: 'conversation', conversation: frame.conversation });
        break;
      case 'read':
        this.#emit({ type: 'read', conversationId: frame.conversation_id, userId: frame.user_id, seq: frame.seq, unreadCount: frame.unread_count ?? null });
        break;
      case 'notification':
        this.#notificationSeq = Math.max(this.#notificationSeq ?? 0, frame.notification_seq);
        this.#emit({ type: 'notification', notification: frame.notification, unreadCount: frame.unread_count });
        break;
      case 'heartbeat':
        this.#onHeartbeat(frame);
        break;
      case 'reconnect':
        this.#drainSoon(frame.within_ms);
        break;
    }
  }

  /** A beat names the newest marks, so that a lost frame is noticed within one beat. */
  #onHeartbeat(frame: Extract<ServerFrame, { type: 'heartbeat' }>): void {
    let unknown = false;
    for (const [id, seq] of Object.entries(frame.conversations)) {
      if (this.#sequences.tracks(id)) this.#sequences.mention(id, seq);
      else unknown = true;
    }
    if (unknown || frame.membership_seq > (this.#membershipSeq ?? 0)) this.#emit({ type: 'conversations-stale' });
    if (frame.notification_seq > (this.#notificationSeq ?? 0)) this.#emit({ type: 'notifications-stale' });
    this.#membershipSeq = Math.max(this.#membershipSeq ?? 0, frame.membership_seq);
    this.#notificationSeq = Math.max(this.#notificationSeq ?? 0, frame.notification_seq);
    this.#checkHoles();
  }

  #checkHoles(): void {
    if (this.#holeTimer !== undefined || this.#status !== 'ready' || isEmpty(this.#sequences.holes())) return;
    this.#holeTimer = setTimeout(() => {
      this.#holeTimer = undefined;
      const conversations = this.#sequences.holes();
      if (this.#status !== 'ready' || isEmpty(conversations)) return;
      // If this fails, the next heartbeat or reconnect finds the same hole again.
      this.#request({ type: 'resume', conversations }).catch(() => undefined);
    }, HOLE_WAIT_MS);
  }

  #scheduleRenewal(): void {
    clearTimeout(this.#renewTimer);
    const current = this.#options.tokens.current();
    if (!current) return;
    const wait = Math.max(1_000, current.expiresAt - this.#options.now() - RENEW_BEFORE_EXPIRY_MS);
    this.#renewTimer = setTimeout(() => {
      // A failure is tried again soon; once the token has run out the server closes with 4001 and we come back.
      this.#options.tokens.refresh().catch(() => undefined).then(() => this.#status === 'ready' && this.#scheduleRenewal());
    }, wait);
  }

  /** A new token, from our own renewal or from another tab, goes to the open socket. */
  #onTokenChange(): void {
    const current = this.#options.tokens.current();
    if (!current) return this.stop();
    if (this.#status !== 'ready' || current.token === this.#sentToken) return;
    this.#sentToken = current.token;
    this.#request({ type: 'token', token: current.token }).catch(() => undefined);
    this.#scheduleRenewal();
  }

  #request<R>(frame: RequestFrame): Promise<R> {
    const socket = this.#socket;
    if (!socket || socket.readyState !== 1) return Promise.reject(new LiveError('offline', 'There is no live connection.'));
    const ref = String((this.#nextRef += 1));
    return new Promise<R>((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(ref, (pending) => pending.reject(new LiveError('offline', 'No answer came in time.'))), REQUEST_TIMEOUT_MS);
      this.#pending.set(ref, { resolve: resolve as (result: unknown) => void, reject, timer });
      socket.send(JSON.stringify({ ref, ...frame }));
    });
  }

  #settle(ref: string, finish: (pending: Pending) => void): void {
    const pending = this.#pending.get(ref);
    if (!pending) return;
    this.#pending.delete(ref);
    clearTimeout(pending.timer);
    finish(pending);
  }

  /** Browsers cannot see pings, and a dead network says nothing: two missed beats mean the line is gone. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#reconnectNow(CLOSE.silent), this.#heartbeatMs * 2 + 5_000);
  }

  #drainSoon(withinMs: number): void {
    clearTimeout(this.#drainTimer);
    this.#drainTimer = setTimeout(() => this.#reconnectNow(CLOSE.normal, 0), this.#options.random() * withinMs);
  }

  #reconnectNow(code: number, delay?: number): void {
    this.#drop(code);
    this.#retryLater(delay);
  }

  #onClose(code: number): void {
    this.#drop(null);
    const { random, tokens } = this.#options;
    switch (code) {
      case CLOSE.originRefused:
        // Coming back would be refused again; the page must be loaded from its proper address.
        this.stop();
        break;
      case CLOSE.unauthenticated:
        this.#setStatus('waiting');
        tokens.refresh().then(
          (alive) => (alive ? this.#retryLater() : this.stop()),
          () => this.#retryLater(),
        );
        break;
      case CLOSE.resume:
      case CLOSE.restart:
        this.#retryLater(this.#attempt === 0 ? random() * 1_000 : undefined);
        break;
      case CLOSE.tooManyConnections:
        this.#retryLater(TOO_MANY_CONNECTIONS_WAIT_MS * (1 + random()));
        break;
      default:
        this.#retryLater();
    }
  }

  #retryLater(delay: number = backoffDelay(this.#attempt, this.#options.random)): void {
    if (this.#status === 'stopped') return;
    this.#attempt += 1;
    this.#setStatus('waiting');
    clearTimeout(this.#reconnectTimer);
    this.#reconnectTimer = setTimeout(() => void this.#connect(), delay);
  }

  /** Lets go of the socket; what was waiting for an answer learns that none will come. */
  #drop(code: number | null): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#sentToken = null;
    for (const timer of [this.#watchdog, this.#renewTimer, this.#drainTimer, this.#holeTimer]) clearTimeout(timer);
    this.#holeTimer = undefined;
    if (socket && code !== null) socket.close(code);
    for (const ref of this.#pending.keys()) this.#settle(ref, (pending) => pending.reject(new LiveError('offline', 'The connection was lost.')));
  }

  #setStatus(status: LiveStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#emit({ type: 'status', status });
  }

  #emit(event: LiveEvent<T>): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function isEmpty(marks: Marks): boolean {
  return Object.keys(marks).length === 0;
}
