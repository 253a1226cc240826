// The live connection of one person: frames become events, lost ones are noticed and asked for, and when no socket can be
// opened the same is asked for over REST. It knows nothing of screens.
import { Connection, type ConnectionStatus, type PushFrame, type TokenSource } from './connection';
import { failureOf } from './errors';
import { Counter } from './marks';
import { Poller } from './poller';
import type { HelloResult, LiveEvent, LiveStatus, LiveTypes, Marks, NewMessage, ReadResult, RequestFrame, Resume, SyncAnswer } from './protocol';
import { Requests } from './requests';
import type { Rest } from './rest';
import { Sequences } from './sequences';

export interface LiveOptions {
  url: string;
  tokens: TokenSource;
  /** Without it nothing goes over REST: requests fail as `offline` while there is no socket. */
  rest?: Rest;
  createSocket?: (url: string, protocol: string) => WebSocket;
  random?: () => number;
  now?: () => number;
}

/** Frames of one conversation may overtake each other by this much before we call it a hole. */
const HOLE_WAIT_MS = 300;
const HOLE_RETRY_MS = 2_000;
const HOLE_RETRY_CAP_MS = 60_000;
/** Sockets that failed in a row before we also ask over REST. */
const POLL_AFTER_FAILURES = 3;

export class LiveClient<T extends LiveTypes = LiveTypes> {
  readonly #listeners = new Set<(event: LiveEvent<T>) => void>();
  readonly #sequences = new Sequences();
  readonly #memberships = new Counter();
  readonly #connection: Connection<T>;
  readonly #requests: Requests<T>;
  readonly #poller: Poller<T> | null;
  #notificationSeq: number | undefined;
  /** The mark of the person's list of blocks. */
  #blocks: string | undefined;
  #shown: LiveStatus = 'stopped';
  #holeTimer: ReturnType<typeof setTimeout> | undefined;
  /** Questions about holes in a row that were not answered. */
  #refusals = 0;
  /** For every open question the conversations that were answered since. */
  readonly #questions = new Set<Set<string>>();

  constructor(options: LiveOptions) {
    const random = options.random ?? Math.random;
    const now = options.now ?? Date.now;
    const rest = options.rest ?? null;
    const createSocket = options.createSocket ?? ((url: string, protocol: string) => new WebSocket(url, protocol));
    this.#connection = new Connection<T>(
      { url: options.url, tokens: options.tokens, createSocket, random, now },
      {
        resume: () => this.#resume(),
        onReady: (hello) => this.#onReady(hello),
        onFrame: (frame) => this.#onFrame(frame),
        onWaiting: (failures) => failures >= POLL_AFTER_FAILURES && this.#poller?.start(),
        onStatus: (status) => this.#onStatus(status),
      },
    );
    this.#requests = new Requests<T>({
      request: (frame) => this.request(frame),
      rest,
      random,
      now,
      onPresence: (userId, present) => this.#emit({ type: 'presence', userId, present }),
    });
    this.#poller = rest && this.#makePoller(rest, random);
  }

  get status(): LiveStatus {
    return this.#shown;
  }

  on(listener: (event: LiveEvent<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#connection.start();
  }

  /** Closes for good and forgets everything: the next start may be another person. */
  stop(): void {
    this.#connection.stop();
  }

  /** For when the device is online again or the tab is looked at: skips the waiting, and tests the line. */
  wake(): void {
    this.#connection.wake();
    if (this.#connection.status !== 'ready') this.#requests.resume(false);
  }

  /** Sends a frame and waits for its ack. Rejects with a LiveError; `offline` means it may be tried another way. */
  request<R>(frame: RequestFrame): Promise<R> {
    return this.#connection.request<R>(frame);
  }

  /** One try; an `Outbox` repeats it. */
  send(message: NewMessage): Promise<T['message']> {
    this.#requests.stoppedTyping(message.conversation_id);
    return this.#requests.send(message);
  }

  edit(conversationId: string, messageId: string, body: string): Promise<T['message']> {
    return this.#requests.edit(conversationId, messageId, body);
  }

  delete(conversationId: string, messageId: string): Promise<T['message']> {
    return this.#requests.delete(conversationId, messageId);
  }

  react(conversationId: string, messageId: string, emoji: string, on: boolean): Promise<T['message']> {
    return this.#requests.react(conversationId, messageId, emoji, on);
  }

  /** Null: it will be said as soon as the server can be reached. */
  read(conversationId: string, seq: number): Promise<ReadResult | null> {
    return this.#requests.read(conversationId, seq);
  }

  /** Resolves when no read mark is on its way any more: what the server counts as unread is before that too much. */
  readsSettled(): Promise<void> {
    return this.#requests.settled();
  }

  delivered(conversationId: string, seq: number): void {
    this.#requests.delivered(conversationId, seq);
  }

  /** Call it with every key; it says so at most every three seconds. */
  typing(conversationId: string): void {
    this.#requests.typing(conversationId);
  }

  /** Presence of at most 100 people, instead of those before. Survives reconnecting. */
  watch(userIds: readonly string[]): void {
    this.#requests.watch(userIds);
  }

  /** The list of conversations says this one is at `seq`. */
  mention(conversationId: string, seq: number): void {
    this.#sequences.mention(conversationId, seq);
    this.#checkHoles();
  }

  /** Call before reading history, and hand the result to `loaded`. */
  mark(conversationId: string): number {
    return this.#sequences.known(conversationId);
  }

  /** Messages up to `seq` have been loaded over REST; `mark` said `began` before. */
  loaded(conversationId: string, seq: number, began = 0): void {
    this.#sequences.loaded(conversationId, seq, began);
    this.#checkHoles();
  }

  /** Everything up to here has come. Call before reading something else of a conversation, and hand it to `rewind` after. */
  seen(conversationId: string): number | undefined {
    return this.#sequences.seen(conversationId);
  }

  /** Something was read when it may have changed meanwhile: what came after `seq` is asked for once more. */
  rewind(conversationId: string, seq: number): void {
    this.#sequences.rewind(conversationId, seq);
    this.#checkHoles();
  }

  #resume(): Resume | undefined {
    const conversations = this.#sequences.all()[0] ?? {};
    const membership = this.#memberships.value;
    const notification = this.#notificationSeq;
    if (membership === undefined && Object.keys(conversations).length === 0) return undefined;
    return {
      conversations,
      ...(membership === undefined ? {} : { membership_seq: membership }),
      ...(notification === undefined ? {} : { notification_seq: notification }),
    };
  }

  #onReady(hello: HelloResult): void {
    const [asked = {}, ...others] = this.#sequences.all();
    const isFirst = this.#memberships.value === undefined;
    if (isFirst) this.#memberships.reach(hello.membership_seq);
    const missedNotifications = this.#notificationSeq !== undefined && hello.notification_seq > this.#notificationSeq;
    this.#notificationSeq = Math.max(this.#notificationSeq ?? 0, hello.notification_seq);
    this.#poller?.stop();
    this.#emit({ type: 'ready', hello });
    this.#noteBlocks(hello.blocks);
    if (missedNotifications) this.#emit({ type: 'notifications-stale' });
    this.#requests.resume(true);
    this.#checkHoles();
    if (isFirst && Object.keys(asked).length === 0) return;
    // Frames are answered in order: once this is, everything the hello asked for has come.
    this.request({ type: 'ping' }).then(
      () => {
        if (this.#memberships.isBehind(hello.membership_seq)) this.#emit({ type: 'conversations-stale' });
        this.#memberships.reach(hello.membership_seq);
        void this.#askFor(others);
      },
      () => undefined,
    );
  }

  #onStatus(status: ConnectionStatus): void {
    clearTimeout(this.#holeTimer);
    this.#holeTimer = undefined;
    this.#refusals = 0;
    if (status === 'stopped') {
      this.#poller?.stop();
      this.#requests.clear();
      this.#sequences.clear();
      this.#memberships.clear();
      this.#notificationSeq = undefined;
      this.#blocks = undefined;
    }
    this.#show();
  }

  /** Working over REST is a state of its own: tries to open a socket go on behind it. */
  #show(): void {
    const { status } = this.#connection;
    const shown = this.#poller?.works && status !== 'ready' && status !== 'stopped' ? 'polling' : status;
    if (this.#shown === shown) return;
    this.#shown = shown;
    this.#emit({ type: 'status', status: shown });
  }

  #onFrame(frame: PushFrame<T>): void {
    switch (frame.type) {
      case 'message':
        if (!this.#sequences.accept(frame.conversation_id, frame.seq, frame.prev_seq)) break;
        this.#emit({ type: 'messages', conversationId: frame.conversation_id, messages: [frame.message], live: true });
        this.#checkHoles();
        break;
      case 'rows':
        this.#onRows(frame.conversation_id, frame.from, frame.upto, frame.messages);
        break;
      case 'gap':
        this.#onGap(frame.conversation_id, frame.upto);
        break;
      case 'conversation':
        this.#memberships.reach(frame.membership_seq);
        this.#onConversation(frame.conversation);
        break;
      case 'read':
        if (frame.membership_seq != null) this.#memberships.note(frame.membership_seq);
        this.#emit({ type: 'read', conversationId: frame.conversation_id, userId: frame.user_id, seq: frame.seq, unreadCount: frame.unread_count ?? null, asOfSeq: frame.last_seq ?? null, asOfNumber: frame.last_number ?? null });
        break;
      case 'delivered':
        this.#emit({ type: 'delivered', conversationId: frame.conversation_id, userId: frame.user_id, seq: frame.seq });
        break;
      case 'typing':
        this.#emit({ type: 'typing', conversationId: frame.conversation_id, userId: frame.user_id });
        break;
      case 'presence':
        this.#emit({ type: 'presence', userId: frame.user_id, present: frame.present });
        break;
      case 'notification':
        this.#notificationSeq = Math.max(this.#notificationSeq ?? 0, frame.notification_seq);
        this.#emit({ type: 'notification', notification: frame.notification, unreadCount: frame.unread_count, seq: frame.notification_seq });
        break;
      case 'notification_removed':
        this.#notificationSeq = Math.max(this.#notificationSeq ?? 0, frame.notification_seq);
        this.#emit({ type: 'notification-removed', id: frame.notification_id, unreadCount: frame.unread_count, seq: frame.notification_seq });
        break;
      case 'heartbeat':
        this.#onHeartbeat(frame);
        break;
      case 'blocks':
        this.#noteBlocks(frame.blocks);
        break;
      // Newer servers may send more.
      default:
        break;
    }
  }

  #onRows(id: string, from: number, upto: number, messages: T['message'][]): void {
    for (const answered of this.#questions) answered.add(id);
    this.#sequences.answered(id, from, upto);
    if (messages.length > 0) this.#emit({ type: 'messages', conversationId: id, messages, live: false });
  }

  #onGap(id: string, upto: number): void {
    for (const answered of this.#questions) answered.add(id);
    this.#sequences.skip(id, upto);
    this.#emit({ type: 'reload', conversationId: id });
  }

  #onConversation(conversation: T['conversation']): void {
    this.#sequences.mention(conversation.id, conversation.last_seq);
    this.#emit({ type: 'conversation', conversation });
    this.#checkHoles();
  }

  /** A beat names the newest marks, so that a lost frame is noticed within one beat. */
  #onHeartbeat(frame: Extract<PushFrame<T>, { type: 'heartbeat' }>): void {
    let isStale = this.#memberships.isBehind(frame.membership_seq);
    for (const [id, seq] of Object.entries(frame.conversations)) {
      if (!this.#sequences.tracks(id)) isStale = true;
      this.#sequences.mention(id, seq);
    }
    if (isStale) this.#emit({ type: 'conversations-stale' });
    this.#noteBlocks(frame.blocks);
    const seq = frame.notification_seq;
    if (seq > (this.#notificationSeq ?? 0)) this.#emit({ type: 'notifications-stale' });
    // A block or an exit changes the number without a change of its own. A beat that a change has overtaken is too old to say.
    else if (seq === this.#notificationSeq && frame.unread_notifications != null) {
      this.#emit({ type: 'notifications-counted', unreadCount: frame.unread_notifications, seq });
    }
    this.#memberships.reach(frame.membership_seq);
    this.#notificationSeq = Math.max(this.#notificationSeq ?? 0, frame.notification_seq);
    this.#checkHoles();
  }

  /** Said at the first connection too: what was read before it may be old. */
  #noteBlocks(mark: string | undefined): void {
    if (mark === undefined || mark === this.#blocks) return;
    this.#blocks = mark;
    this.#emit({ type: 'blocks' });
  }

  #checkHoles(wait = HOLE_WAIT_MS): void {
    if (this.#holeTimer !== undefined || this.#connection.status !== 'ready' || isEmpty(this.#sequences.holes())) return;
    this.#holeTimer = setTimeout(() => {
      this.#holeTimer = undefined;
      const conversations = this.#sequences.holes();
      if (!isEmpty(conversations)) void this.#askFor([conversations]);
    }, wait);
  }

  async #askFor(parts: readonly Marks[]): Promise<void> {
    for (const conversations of parts) {
      const known = Object.fromEntries(Object.keys(conversations).map((id) => [id, this.#sequences.known(id)]));
      const answered = new Set<string>();
      this.#questions.add(answered);
      try {
        await this.request({ type: 'resume', conversations });
        this.#sequences.settle(conversations, known, answered);
        this.#refusals = 0;
      } catch (error) {
        const wait = Math.min(HOLE_RETRY_CAP_MS, HOLE_RETRY_MS * 2 ** Math.min(this.#refusals, 16));
        this.#refusals += 1;
        this.#checkHoles(Math.max(wait, failureOf(error).retryAfterMs ?? 0));
        return;
      } finally {
        this.#questions.delete(answered);
      }
    }
    this.#checkHoles();
  }

  #makePoller(rest: Rest, random: () => number): Poller<T> {
    return new Poller<T>({
      rest,
      random,
      marks: () => ({ parts: this.#sequences.all(), membershipSeq: this.#memberships.value }),
      onAnswer: (answer) => this.#onSync(answer),
      onSlowTick: () => {
        this.#emit({ type: 'conversations-stale' });
        this.#emit({ type: 'notifications-stale' });
        this.#emit({ type: 'blocks' });
        void this.#requests.pollPresence();
      },
      onState: (works) => {
        this.#show();
        if (works) this.#requests.resume(false);
      },
    });
  }

  #onSync(answer: SyncAnswer<T>): void {
    for (const part of answer.conversations) {
      if (part.gap) this.#onGap(part.conversation_id, part.upto);
      else this.#onRows(part.conversation_id, part.from, part.upto, part.messages);
    }
    for (const conversation of answer.memberships) this.#onConversation(conversation);
    this.#memberships.reach(answer.membership_seq);
  }

  #emit(event: LiveEvent<T>): void {
    // The marks have moved on already: whatever one of them does wrong, the others must hear of it.
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        report(error);
      }
    }
  }
}

/** As an error that nobody has caught, which it is; Node has no function for that. */
function report(error: unknown): void {
  if (typeof reportError === 'function') reportError(error);
  else
    queueMicrotask(() => {
      throw error;
    });
}

function isEmpty(marks: Marks): boolean {
  return Object.keys(marks).length === 0;
}
