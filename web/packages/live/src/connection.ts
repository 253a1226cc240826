// One socket, kept open: it connects, says hello, comes back after whatever happened, and hands over a new token before
// the old one ends. It turns frames into calls and requests into promises, and knows nothing of what they are about.
import { backoffDelay } from './backoff';
import { LiveError, within } from './errors';
import { CLOSE, MAX_FRAME_BYTES, SUBPROTOCOL, type HelloResult, type LiveTypes, type RequestFrame, type Resume, type ServerFrame } from './protocol';

/** Where tokens come from. `refresh` resolves to false when the person has to log in again. */
export interface TokenSource {
  current(): { token: string; expiresAt: number } | null;
  refresh(): Promise<boolean>;
  subscribe(listener: () => void): () => void;
}

export interface ConnectionOptions {
  url: string;
  tokens: TokenSource;
  createSocket: (url: string, protocol: string) => WebSocket;
  random: () => number;
  now: () => number;
}

export type ConnectionStatus = 'stopped' | 'connecting' | 'ready' | 'waiting';
export type PushFrame<T extends LiveTypes> = Exclude<ServerFrame<T>, { type: 'ack' | 'error' | 'reconnect' }>;

export interface ConnectionHooks<T extends LiveTypes> {
  /** Where we stand, for the hello. */
  resume(): Resume | undefined;
  onReady(hello: HelloResult): void;
  onFrame(frame: PushFrame<T>): void;
  /** Before every new try; `failures` have been in a row. */
  onWaiting(failures: number): void;
  onStatus(status: ConnectionStatus): void;
}

interface Pending {
  resolve: (result: unknown) => void;
  reject: (error: LiveError) => void;
  timer: Timer;
}
type Timer = ReturnType<typeof setTimeout>;
type TimerName = 'reconnect' | 'watchdog' | 'connect' | 'steady' | 'renew' | 'token' | 'drain';

const REQUEST_TIMEOUT_MS = 10_000;
/** From the first packet to the answer to hello. */
const CONNECT_TIMEOUT_MS = 15_000;
const REFRESH_TIMEOUT_MS = 15_000;
/** An answer to a ping that comes later than this is none. */
const PROBE_TIMEOUT_MS = 5_000;
/** A connection that holds this long ends the row of failures. */
const STEADY_MS = 5_000;
const RENEW_BEFORE_EXPIRY_MS = 60_000;
/** A timer that is longer than 24 days fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const TOO_MANY_CONNECTIONS_WAIT_MS = 30_000;

export class Connection<T extends LiveTypes> {
  readonly #options: ConnectionOptions;
  readonly #hooks: ConnectionHooks<T>;
  readonly #pending = new Map<string, Pending>();
  #status: ConnectionStatus = 'stopped';
  #socket: WebSocket | null = null;
  /** Moves with every try, so that what an earlier one was waiting for changes nothing any more. */
  #turn = 0;
  #failures = 0;
  #nextRef = 0;
  #sentToken: string | null = null;
  #heartbeatMs = 20_000;
  #notBefore = 0;
  #isProbing = false;
  #unsubscribe: (() => void) | null = null;
  #timers: Partial<Record<TimerName, Timer>> = {};

  constructor(options: ConnectionOptions, hooks: ConnectionHooks<T>) {
    this.#options = options;
    this.#hooks = hooks;
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  start(): void {
    if (this.#status !== 'stopped') return;
    this.#failures = 0;
    this.#notBefore = 0;
    this.#unsubscribe = this.#options.tokens.subscribe(() => this.#onTokenChange());
    void this.#connect();
  }

  stop(): void {
    this.#turn += 1;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#drop(CLOSE.normal);
    clearTimeout(this.#timers.reconnect);
    this.#setStatus('stopped');
  }

  /** The device may be back: skips the waiting, and makes sure that a line which looks open still is. */
  wake(): void {
    if (this.#status === 'ready') this.#probe();
    if (this.#status !== 'waiting' || this.#options.now() < this.#notBefore) return;
    clearTimeout(this.#timers.reconnect);
    void this.#connect();
  }

  /** Rejects with a LiveError; `offline` means that it may or may not have arrived. */
  request<R>(frame: RequestFrame): Promise<R> {
    if (this.#status !== 'ready') return Promise.reject(offline('There is no live connection.'));
    return this.#request<R>(frame, REQUEST_TIMEOUT_MS, () => this.#probe());
  }

  async #connect(): Promise<void> {
    const turn = (this.#turn += 1);
    this.#setStatus('connecting');
    const { tokens, now, createSocket, url } = this.#options;
    let current = tokens.current();
    if (!current || current.expiresAt - now() < 5_000) {
      const alive = await within(REFRESH_TIMEOUT_MS, tokens.refresh()).catch(() => null);
      if (turn !== this.#turn) return;
      if (alive === null) return this.#retryLater();
      current = tokens.current();
      if (!alive || !current) return this.stop();
    }
    let socket: WebSocket;
    try {
      socket = createSocket(url, SUBPROTOCOL);
    } catch {
      return this.#retryLater();
    }
    this.#socket = socket;
    const { token } = current;
    this.#set('connect', CONNECT_TIMEOUT_MS, () => this.#reconnectNow(CLOSE.silent));
    socket.addEventListener('open', () => socket === this.#socket && this.#hello(token));
    socket.addEventListener('message', (event: MessageEvent) => socket === this.#socket && this.#receive(event.data));
    socket.addEventListener('close', (event: CloseEvent) => socket === this.#socket && this.#onClose(event.code));
    // Browsers say `close` after `error`; Node says only `error` when a connection cannot be made.
    socket.addEventListener('error', () => setTimeout(() => socket === this.#socket && this.#onClose(CLOSE.abnormal)));
  }

  #hello(token: string): void {
    this.#sentToken = token;
    const socket = this.#socket;
    const resume = this.#hooks.resume();
    this.#request<HelloResult>({ type: 'hello', token, ...(resume ? { resume } : {}) }, CONNECT_TIMEOUT_MS).then(
      (hello) => this.#onReady(hello),
      (error: LiveError) => {
        if (socket !== this.#socket) return;
        this.#drop(CLOSE.normal);
        // With the same token it would be refused again.
        if (error.code === 'unauthenticated') this.#onClose(CLOSE.unauthenticated);
        else this.#retryLater(Math.max((error.retryAfterSeconds ?? 0) * 1_000, backoffDelay(this.#failures, this.#options.random)));
      },
    );
  }

  #onReady(hello: HelloResult): void {
    clearTimeout(this.#timers.connect);
    this.#heartbeatMs = hello.heartbeat_seconds * 1000;
    this.#watch();
    this.#set('steady', STEADY_MS, () => {
      this.#failures = 0;
    });
    this.#setStatus('ready');
    this.#hooks.onReady(hello);
    this.#scheduleRenewal();
    this.#onTokenChange();
  }

  #receive(data: unknown): void {
    if (this.#status === 'ready') this.#watch();
    let frame: ServerFrame<T>;
    try {
      frame = JSON.parse(String(data)) as ServerFrame<T>;
    } catch {
      return;
    }
    switch (frame.type) {
      case 'ack': {
        const { result } = frame;
        this.#settle(frame.ref, (pending) => pending.resolve(result));
        break;
      }
      case 'error': {
        const error = new LiveError(frame.code, frame.message, frame.retry_after ?? null);
        if (frame.ref) this.#settle(frame.ref, (pending) => pending.reject(error));
        break;
      }
      case 'reconnect':
        // Everybody connected gets this at once: spread out, or the next node takes all of them in one moment.
        this.#set('drain', this.#options.random() * frame.within_ms, () => this.#reconnectNow(CLOSE.normal, 0));
        break;
      default:
        this.#hooks.onFrame(frame);
    }
  }

  #scheduleRenewal(wait?: number): void {
    const current = this.#options.tokens.current();
    if (!current) return;
    const { now, random, tokens } = this.#options;
    const left = current.expiresAt - now();
    this.#set('renew', wait ?? Math.max(1_000, left - Math.min(RENEW_BEFORE_EXPIRY_MS, left / 2)), () => {
      const socket = this.#socket;
      within(REFRESH_TIMEOUT_MS, tokens.refresh())
        .catch(() => false)
        .then((renewed) => {
          if (socket !== this.#socket || this.#status !== 'ready') return;
          // A failure is tried again soon; once the token has run out the server closes with 4001 and we come back.
          this.#scheduleRenewal(renewed ? undefined : 5_000 + 5_000 * random());
        });
    });
  }

  /** A new token, from our own renewal or from another tab, goes to the open socket. */
  #onTokenChange(): void {
    const current = this.#options.tokens.current();
    if (!current) return this.stop();
    if (this.#status !== 'ready' || current.token === this.#sentToken) return;
    clearTimeout(this.#timers.token);
    this.#handOver(current.token);
    this.#scheduleRenewal();
  }

  #handOver(token: string): void {
    this.#sentToken = token;
    this.request({ type: 'token', token }).catch(() => {
      // `unavailable`, or a lost answer: the old one is still good for a while.
      if (this.#sentToken === token && this.#status === 'ready') this.#set('token', 5_000, () => this.#handOver(token));
    });
  }

  #request<R>(frame: RequestFrame, timeoutMs: number, onTimeout?: () => void): Promise<R> {
    const socket = this.#socket;
    if (!socket || socket.readyState !== 1) return Promise.reject(offline('There is no live connection.'));
    const ref = String((this.#nextRef += 1));
    const text = JSON.stringify({ ref, ...frame });
    if (!fits(text)) return Promise.reject(new LiveError('frame_too_large', 'This is too long for the live connection.'));
    return new Promise<R>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settle(ref, (pending) => pending.reject(offline('No answer came in time.')));
        onTimeout?.();
      }, timeoutMs);
      this.#pending.set(ref, { resolve: resolve as (result: unknown) => void, reject, timer });
      socket.send(text);
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
    this.#set('watchdog', this.#heartbeatMs * 2 + 5_000, () => this.#reconnectNow(CLOSE.silent));
  }

  /** Asks a line that may be dead, rather than wait for the next beats. */
  #probe(): void {
    if (this.#isProbing) return;
    this.#isProbing = true;
    const socket = this.#socket;
    this.#request({ type: 'ping' }, PROBE_TIMEOUT_MS).then(
      () => {
        if (socket === this.#socket) this.#isProbing = false;
      },
      (error: LiveError) => {
        if (socket !== this.#socket) return;
        this.#isProbing = false;
        if (error.code === 'offline') this.#reconnectNow(CLOSE.silent);
      },
    );
  }

  #onClose(code: number): void {
    this.#drop(null);
    const { random, tokens, now } = this.#options;
    switch (code) {
      case CLOSE.originRefused:
        // Coming back would be refused again; the page must be loaded from its proper address.
        this.stop();
        break;
      case CLOSE.unauthenticated: {
        const turn = (this.#turn += 1);
        this.#setStatus('waiting');
        within(REFRESH_TIMEOUT_MS, tokens.refresh())
          .catch(() => true)
          .then((alive) => turn === this.#turn && (alive ? this.#retryLater() : this.stop()));
        break;
      }
      case CLOSE.resume:
      case CLOSE.restart:
        this.#retryLater(this.#failures === 0 ? random() * 1_000 : undefined);
        break;
      case CLOSE.tooManyConnections: {
        const wait = TOO_MANY_CONNECTIONS_WAIT_MS * (1 + random());
        this.#notBefore = now() + wait;
        this.#retryLater(wait);
        break;
      }
      default:
        this.#retryLater();
    }
  }

  #reconnectNow(code: number, delay?: number): void {
    this.#drop(code);
    this.#retryLater(delay);
  }

  #retryLater(delay: number = backoffDelay(this.#failures, this.#options.random)): void {
    if (this.#status === 'stopped') return;
    this.#failures += 1;
    this.#setStatus('waiting');
    this.#set('reconnect', delay, () => void this.#connect());
    this.#hooks.onWaiting(this.#failures);
  }

  /** Lets go of the socket; what was waiting for an answer learns that none will come. */
  #drop(code: number | null): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#sentToken = null;
    this.#isProbing = false;
    const { reconnect, ...ofSocket } = this.#timers;
    for (const timer of Object.values(ofSocket)) clearTimeout(timer);
    this.#timers = reconnect === undefined ? {} : { reconnect };
    if (socket && code !== null) socket.close(code);
    for (const ref of this.#pending.keys()) this.#settle(ref, (pending) => pending.reject(offline('The connection was lost.')));
  }

  #set(name: TimerName, milliseconds: number, act: () => void): void {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(act, Math.min(milliseconds, MAX_TIMER_MS));
  }

  #setStatus(status: ConnectionStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#hooks.onStatus(status);
  }
}

function offline(message: string): LiveError {
  return new LiveError('offline', message);
}

function fits(text: string): boolean {
  // A UTF-16 unit is at most three bytes of UTF-8.
  return text.length * 3 <= MAX_FRAME_BYTES || new TextEncoder().encode(text).length <= MAX_FRAME_BYTES;
}
