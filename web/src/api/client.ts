// The API as the rest of the client sees it: typed by openapi.json, wrapped once. Only files go another way (blobs.ts).
import createClient from 'openapi-fetch';
import { ContactStore } from './contact';
import { takeEarly } from './early';
import { problemFrom, toApiError } from './errors';
import type { paths } from './generated/schema';
import { withLock } from './lock';
import { SessionStore } from './session';
import { Transport } from './transport';

const REACH_TIMEOUT_MS = 10_000;

const announcer = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('village-session');

export const session = new SessionStore(announcer);

export const contact = new ContactStore(typeof navigator === 'undefined' || navigator.onLine !== false);

const transport = new Transport({
  session,
  contact,
  origin: location.origin,
  // oxlint-disable-next-line no-restricted-globals -- this is the wrapper the rule points to
  fetch: (request) => takeEarly(request) ?? fetch(request),
  // Without locks, as on plain http in a home network, the server's 30 s grace for the previous refresh token covers the
  // rare case of two tabs refreshing at once.
  lock: withLock,
});

export const api = createClient<paths>({ baseUrl: location.origin, credentials: 'same-origin', fetch: transport.send });

/** Renews the access token. False: the person has to log in again. Rejects when the server could not be asked. */
export function refreshSession(): Promise<boolean> {
  return transport.refresh();
}

/** Asks for a public file of a few bytes, only to learn whether the server can be reached. */
export async function reach(): Promise<boolean> {
  try {
    // oxlint-disable-next-line no-restricted-globals -- this is the wrapper the rule points to
    const response = await fetch('/manifest.webmanifest', { method: 'HEAD', cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(REACH_TIMEOUT_MS) });
    contact.note(response.ok);
  } catch {
    contact.note(false);
  }
  return contact.current.isReached;
}

/** For callers that make paths by themselves: JSON in, JSON out, an ApiError otherwise. Prefer `api`, which knows types. */
export async function rest({ method, path, body, signal }: { method: string; path: string; body?: unknown; signal?: AbortSignal }): Promise<unknown> {
  const request = new Request(`${location.origin}${path}`, {
    method,
    credentials: 'same-origin',
    ...(signal && { signal }),
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  let response: Response;
  try {
    response = await transport.send(request);
  } catch (error) {
    throw toApiError(error);
  }
  const json: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemFrom(response, json);
  return json;
}

interface Result<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data, or an ApiError. Every call goes through it: `await call(api.GET('/feed', …))`. */
export async function call<T>(request: Promise<Result<T>>): Promise<T> {
  let result: Result<T>;
  try {
    result = await request;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw toApiError(error);
  }
  if (!result.response.ok) throw problemFrom(result.response, result.error);
  return result.data as T;
}
