import { describe, expect, it, vi } from 'vitest';
import { ContactStore } from './contact';
import { problemFrom } from './errors';
import { SessionStore, type Announcer } from './session';
import { Transport } from './transport';
import type { Session } from './types';

const origin = 'https://village.test';

function sessionBody(token: string): Session {
  return { access_token: token, token_type: 'Bearer', expires_in: 600, me: { id: 'u1' } } as Session;
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}

/** A server that accepts `goodToken` and hands out a new one at /auth/refresh. */
function setUp(answer?: (request: Request) => Response | Promise<Response>) {
  const session = new SessionStore(null);
  session.start(sessionBody('old'));
  const requests: Request[] = [];
  let refreshes = 0;
  const transport = new Transport({
    session,
    origin,
    lock: (_name, task) => task(),
    sleep: () => Promise.resolve(),
    fetch: async (request) => {
      requests.push(request);
      if (request.url.endsWith('/auth/refresh')) {
        refreshes += 1;
        await Promise.resolve();
        return json(200, sessionBody('new'));
      }
      if (answer) return answer(request);
      return request.headers.get('authorization') === 'Bearer new' ? json(200, {}) : json(401, { code: 'unauthenticated' });
    },
  });
  return { session, transport, requests, refreshes: () => refreshes };
}

describe('renewing the token', () => {
  it('refreshes once for many requests that fail at the same time, and repeats each of them', async () => {
    const { transport, refreshes } = setUp();
    const responses = await Promise.all(['/feed', '/channels', '/conversations'].map((path) => transport.send(new Request(origin + path))));
    expect(responses.map((response) => response.status)).toEqual([200, 200, 200]);
    expect(refreshes()).toBe(1);
  });

  it('does not refresh again when another tab has brought a new token meanwhile', async () => {
    const { session, transport, refreshes } = setUp();
    const stale = `Bearer ${session.current?.token}`;
    session.start(sessionBody('new'));
    expect(await transport.refresh(stale)).toBe(true);
    expect(refreshes()).toBe(0);
  });

  it('gives up after one refresh when the new token is refused as well', async () => {
    const { transport, refreshes } = setUp(() => json(401, { code: 'unauthenticated' }));
    const response = await transport.send(new Request(`${origin}/feed`));
    expect(response.status).toBe(401);
    expect(refreshes()).toBe(1);
  });

  it('ends the session when the refresh token is refused, and keeps it when the server is only away', async () => {
    const session = new SessionStore(null);
    session.start(sessionBody('old'));
    let status = 503;
    const transport = new Transport({
      session,
      origin,
      lock: (_name, task) => task(),
      sleep: () => Promise.resolve(),
      fetch: () => Promise.resolve(json(status, { code: 'invalid_refresh_token' })),
    });
    await expect(transport.refresh()).rejects.toMatchObject({ status: 503 });
    expect(session.current).not.toBeNull();
    status = 401;
    expect(await transport.refresh()).toBe(false);
    expect(session.current).toBeNull();
  });

  it('does not try to refresh when a log-in is refused', async () => {
    const { transport, refreshes } = setUp(() => json(401, { code: 'invalid_credentials' }));
    await transport.send(new Request(`${origin}/auth/login`, { method: 'POST', body: '{}' }));
    expect(refreshes()).toBe(0);
  });
});

describe('idempotency keys', () => {
  const post = () => new Request(`${origin}/posts`, { method: 'POST', body: '{"body":"hello"}', headers: { 'content-type': 'application/json' } });

  it('keeps key and body across a lost answer, a busy server and a token renewal', async () => {
    let tries = 0;
    const { transport, requests } = setUp((request) => {
      tries += 1;
      if (tries === 1) throw new TypeError('Failed to fetch');
      if (tries === 2) return json(503, { code: 'unavailable' });
      return request.headers.get('authorization') === 'Bearer new' ? json(201, {}) : json(401, { code: 'unauthenticated' });
    });
    expect((await transport.send(post())).status).toBe(201);
    const sent = requests.filter((request) => request.url.endsWith('/posts'));
    expect(sent).toHaveLength(4);
    expect(new Set(sent.map((request) => request.headers.get('idempotency-key'))).size).toBe(1);
    expect(sent[0]?.headers.get('idempotency-key')).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(await sent[3]?.text()).toBe('{"body":"hello"}');
  });

  it('keeps the key a caller brings, so that pressing Post again is the same post', async () => {
    const { transport, requests } = setUp(() => json(201, {}));
    const request = post();
    request.headers.set('idempotency-key', 'mine');
    await transport.send(request);
    expect(requests[0]?.headers.get('idempotency-key')).toBe('mine');
  });

  it('does not repeat a change that carries no key', async () => {
    const { transport, requests } = setUp(() => json(503, {}));
    await transport.send(new Request(`${origin}/posts/1/like`, { method: 'PUT' }));
    expect(requests).toHaveLength(1);
    expect(requests[0]?.headers.has('idempotency-key')).toBe(false);
  });
});

describe('problems', () => {
  it('maps problem+json to a typed error', () => {
    const error = problemFrom(json(422, {}, { 'retry-after': '7' }), {
      code: 'invalid_request',
      detail: 'Some fields are wrong.',
      request_id: 'r1',
      fields: [{ field: 'handle', code: 'too_short', message: 'Too short.' }],
    });
    expect(error).toMatchObject({ code: 'invalid_request', status: 422, retryAfterSeconds: 7, requestId: 'r1' });
    expect(error.fields[0]?.field).toBe('handle');
    expect(error.isTemporary).toBe(false);
  });

  it('gives a plain code to an answer that is not a problem document', () => {
    expect(problemFrom(new Response('<html>', { status: 502 }), '<html>')).toMatchObject({ code: 'unavailable', status: 502 });
  });

  it('reports an unreachable server as a network error', async () => {
    const { transport } = setUp(() => {
      throw new TypeError('Failed to fetch');
    });
    await expect(transport.send(new Request(`${origin}/feed`))).rejects.toMatchObject({ code: 'network', isTemporary: true });
  });
});

describe('tabs', () => {
  it('take new credentials from each other and end together', () => {
    const announcer: Announcer & { sent: unknown[] } = { sent: [], onmessage: null, postMessage: vi.fn() };
    const session = new SessionStore(announcer, () => 1_000);
    session.start(sessionBody('a'));
    expect(announcer.postMessage).toHaveBeenCalledWith({ type: 'credentials', credentials: expect.objectContaining({ token: 'a', expiresAt: 601_000 }) });
    announcer.onmessage?.({ data: { type: 'credentials', credentials: { token: 'b', expiresAt: 2, me: { id: 'u1' } } } } as MessageEvent);
    expect(session.current?.token).toBe('b');
    announcer.onmessage?.({ data: { type: 'ended' } } as MessageEvent);
    expect(session.current).toBeNull();
  });
});

describe('someone who was remembered', () => {
  it('is confirmed before the first request, which then carries a token', async () => {
    const { session, transport, requests } = setUp();
    session.end();
    session.resume(sessionBody('').me);
    expect(session.isConfirmed).toBe(false);
    const [response] = await Promise.all(['/feed', '/channels'].map((path) => transport.send(new Request(origin + path))));
    expect(response?.status).toBe(200);
    expect(requests.map(({ url }) => new URL(url).pathname)).toEqual(['/auth/refresh', '/feed', '/channels']);
    expect(session.isConfirmed).toBe(true);
  });

  it('is nobody for a moment when the cookie turns out to be of another person', () => {
    const session = new SessionStore(null);
    session.resume({ id: 'u0' } as never);
    const seen: (string | null)[] = [];
    session.subscribe((credentials) => seen.push(credentials?.me.id ?? null));
    session.start(sessionBody('new'));
    expect(seen).toEqual([null, 'u1']);
  });
});

describe('contact with the server', () => {
  function cut() {
    const session = new SessionStore(null);
    session.start(sessionBody('good'));
    const contact = new ContactStore();
    let tries = 0;
    let isCut = true;
    const transport = new Transport({
      session,
      contact,
      origin,
      lock: (_name, task) => task(),
      sleep: () => Promise.resolve(),
      fetch: async () => {
        tries += 1;
        if (isCut) throw new TypeError('Failed to fetch');
        return json(200, {});
      },
    });
    return { transport, contact, tries: () => tries, mend: () => (isCut = false) };
  }

  it('is lost with a request that fails, and while it is lost nothing is tried twice', async () => {
    const { transport, contact, tries, mend } = cut();
    const heard: boolean[] = [];
    contact.subscribe(({ isReached }) => heard.push(isReached));
    await expect(transport.send(new Request(`${origin}/feed`))).rejects.toMatchObject({ code: 'network' });
    expect(tries()).toBe(3);
    await expect(transport.send(new Request(`${origin}/feed`))).rejects.toMatchObject({ code: 'network' });
    expect(tries()).toBe(4);
    mend();
    await transport.send(new Request(`${origin}/feed`));
    expect(heard).toEqual([false, true]);
    expect(contact.current.at).not.toBeNull();
  });
});
