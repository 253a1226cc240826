// Who is logged in, in this tab. The access token lives in memory only: a script that reads storage finds nothing,
// and the refresh token is an HttpOnly cookie that no script can read. Tabs tell each other about new tokens, because
// a refresh token is used once and two tabs refreshing at the same time would waste it.
import { rememberSession } from './hint';
import type { Me, Session } from './types';

export interface Credentials {
  /** Empty while the server has not yet confirmed who was remembered; see `resume`. */
  token: string;
  /** Milliseconds since the epoch, by this device's clock. */
  expiresAt: number;
  me: Me;
}

type Announcement = { type: 'credentials'; credentials: Credentials } | { type: 'ended' };
type Listener = (credentials: Credentials | null) => void;

/** What of BroadcastChannel we need; tests pass their own. */
export interface Announcer {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

export class SessionStore {
  #current: Credentials | null = null;
  #lastMe: Me | null = null;
  readonly #listeners = new Set<Listener>();
  readonly #announcer: Announcer | null;
  readonly #now: () => number;

  constructor(announcer: Announcer | null, now: () => number = Date.now) {
    this.#announcer = announcer;
    this.#now = now;
    if (announcer) {
      announcer.onmessage = (event) => {
        const message = event.data as Announcement;
        if (message.type === 'ended') this.#set(null);
        // Another person's log-in in another tab must not swap the identity under an open page.
        else if (!this.#current || this.#current.me.id === message.credentials.me.id) this.#set(message.credentials);
        else globalThis.location?.reload();
      };
    }
  }

  get current(): Credentials | null {
    return this.#current;
  }

  /** Who is or was logged in: a page that is being left after logging out renders once more and still needs a name. */
  get lastMe(): Me | null {
    return this.#lastMe;
  }

  /** Whether the server has said, in this tab or another, that the session lives. */
  get isConfirmed(): boolean {
    return Boolean(this.#current?.token);
  }

  /** The person who was logged in here last, before the server can be asked. Nothing but what is kept can be seen with it. */
  resume(me: Me): void {
    if (!this.#current) this.#set({ token: '', expiresAt: 0, me });
  }

  start(session: Session): Credentials {
    // Somebody else's cookie: whatever is here of the person before goes first.
    if (this.#current && this.#current.me.id !== session.me.id) this.#set(null);
    const credentials = { token: session.access_token, expiresAt: this.#now() + session.expires_in * 1000, me: session.me };
    this.#set(credentials);
    rememberSession(true);
    this.#announcer?.postMessage({ type: 'credentials', credentials } satisfies Announcement);
    return credentials;
  }

  end(): void {
    const wasLoggedIn = this.#current !== null;
    this.#set(null);
    rememberSession(false);
    if (wasLoggedIn) this.#announcer?.postMessage({ type: 'ended' } satisfies Announcement);
  }

  /** Keeps `me` current after the person edits their profile; the token stays. */
  updateMe(change: Partial<Me>): void {
    if (this.#current) this.#set({ ...this.#current, me: { ...this.#current.me, ...change } });
  }

  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #set(credentials: Credentials | null): void {
    this.#current = credentials;
    this.#lastMe = credentials?.me ?? this.#lastMe;
    for (const listener of this.#listeners) listener(credentials);
  }
}
