// The one `fetch` of the client. It adds the token, renews it once when the server says it is no longer good, and
// repeats what may safely be repeated: reads, and creations that carry an Idempotency-Key.
import type { ContactStore } from './contact';
import { networkError, problemFrom, type ApiError } from './errors';
import { newKey } from './newKey';
import type { SessionStore } from './session';
import type { Session } from './types';

type Fetch = (request: Request) => Promise<Response>;
type Lock = <T>(name: string, task: () => Promise<T>) => Promise<T>;

export interface TransportOptions {
  session: SessionStore;
  /** Is told whether the server was reached; while it is known to be out of reach nothing is tried twice. */
  contact?: ContactStore;
  fetch: Fetch;
  /** Runs one task at a time across all tabs (Web Locks). */
  lock: Lock;
  origin: string;
  newKey?: () => string;
  sleep?: (milliseconds: number) => Promise<void>;
}

/** POSTs that create something; the server remembers their keys. */
const CREATES = [/^\/auth\/invitations$/, /^\/media$/, /^\/channels$/, /^\/posts$/, /^\/posts\/[^/]+\/comments$/, /^\/conversations$/, /^\/conversations\/groups$/];
const RETRY_DELAYS_MS = [400, 1200];

export class Transport {
  readonly #options: Required<Omit<TransportOptions, 'contact'>> & Pick<TransportOptions, 'contact'>;
  #refreshing: Promise<boolean> | null = null;

  constructor(options: TransportOptions) {
    this.#options = {
      newKey,
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      ...options,
    };
  }

  /** The `fetch` handed to openapi-fetch. */
  send = async (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname;
    const creates = request.method === 'POST' && CREATES.some((pattern) => pattern.test(path));
    // The key is made before the first try and travels with every later one, so a lost answer cannot post twice.
    if (creates && !request.headers.has('idempotency-key')) request.headers.set('idempotency-key', this.#options.newKey());

    const needsToken = !path.startsWith('/auth/log') && path !== '/auth/refresh';
    // Who is logged in was remembered and not yet confirmed: the answer without a token would be no.
    if (needsToken && this.#options.session.current && !this.#options.session.isConfirmed) await this.refresh();

    const response = await this.#withRetries(request, creates || request.method === 'GET');
    const renewable = response.status === 401 && this.#options.session.current && needsToken;
    if (!renewable) return response;
    return (await this.refresh(request.headers.get('authorization'))) ? this.#once(request) : response;
  };

  /**
   * Gets a new access token, once, however many callers ask at the same time and in however many tabs.
   * `staleAuthorization` is the header that was refused: if another tab has renewed since, its token is taken as it is.
   * Resolves to false when the person has to log in again; rejects when the server could not be asked.
   */
  refresh(staleAuthorization: string | null = null): Promise<boolean> {
    const { session } = this.#options;
    const stale = staleAuthorization ?? authorization(session);
    this.#refreshing ??= this.#options
      .lock('village-refresh', async () => {
        const now = authorization(session);
        if (now && now !== stale) return true;
        return this.#refreshNow();
      })
      .finally(() => {
        this.#refreshing = null;
      });
    return this.#refreshing;
  }

  async #refreshNow(): Promise<boolean> {
    const { session, origin } = this.#options;
    const request = new Request(`${origin}/auth/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      credentials: 'same-origin',
    });
    const response = await this.#fetch(request);
    if (response.ok) {
      session.start((await response.json()) as Session);
      return true;
    }
    if (response.status === 401 || response.status === 403) {
      session.end();
      return false;
    }
    throw await asError(response);
  }

  async #withRetries(request: Request, repeatable: boolean): Promise<Response> {
    const isKnownDown = this.#options.contact?.current.isReached === false;
    for (let attempt = 0; ; attempt += 1) {
      const delay = repeatable ? RETRY_DELAYS_MS[attempt] : undefined;
      try {
        const response = await this.#once(request);
        if (delay === undefined || !isRetryable(response)) return response;
      } catch (error) {
        if (delay === undefined || request.signal.aborted || isKnownDown) throw error;
      }
      await this.#options.sleep(delay);
    }
  }

  /** Sends a copy, so that the body can be sent again. */
  #once(request: Request): Promise<Response> {
    const copy = request.clone();
    const header = authorization(this.#options.session);
    // The original remembers which token was used; see `refresh`.
    if (header) {
      copy.headers.set('authorization', header);
      request.headers.set('authorization', header);
    }
    return this.#fetch(copy);
  }

  async #fetch(request: Request): Promise<Response> {
    const { contact, fetch } = this.#options;
    try {
      const response = await fetch(request);
      // These are the words of a proxy that could not reach the server either.
      contact?.note(response.status !== 502 && response.status !== 504);
      return response;
    } catch (error) {
      if (request.signal.aborted) throw error;
      contact?.note(false);
      throw networkError();
    }
  }
}

function authorization(session: SessionStore): string | null {
  return session.current?.token ? `Bearer ${session.current.token}` : null;
}

function isRetryable(response: Response): boolean {
  return response.status === 502 || response.status === 503 || response.status === 504;
}

async function asError(response: Response): Promise<ApiError> {
  return problemFrom(response, await response.json().catch(() => null));
}
