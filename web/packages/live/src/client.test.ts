import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoffDelay } from './backoff';
import { LiveClient } from './client';
import type { LiveEvent } from './protocol';

/** A fake: the server's end of a socket. It answers pings, as every server does, and leaves the rest to the test. */
class FakeSocket extends EventTarget {
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  closedWith: number | null = null;
  answersPings = true;

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }
  send(data: string): void {
    const frame = JSON.parse(data);
    this.sent.push(frame);
    if (frame.type === 'ping' && this.answersPings) queueMicrotask(() => this.push({ type: 'ack', ref: frame.ref, result: {} }));
  }
  close(code: number): void {
    this.readyState = 3;
    this.closedWith = code;
  }
  push(frame: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }));
  }
  drop(code: number): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event('close'), { code }));
  }
  last(type: string): Record<string, unknown> | undefined {
    return this.sent.filter((frame) => frame.type === type).at(-1);
  }
}

function setUp() {
  const sockets: FakeSocket[] = [];
  const events: LiveEvent[] = [];
  const tokenListeners = new Set<() => void>();
  let credentials: { token: string; expiresAt: number } | null = { token: 't1', expiresAt: Date.now() + 600_000 };
  const setToken = (token: string, expiresAt = Date.now() + 600_000) => {
    credentials = { token, expiresAt };
    for (const listener of tokenListeners) listener();
  };
  const refresh = vi.fn(async () => {
    setToken(`t${sockets.length + refresh.mock.calls.length}`);
    return true;
  });
  const client = new LiveClient({
    url: 'wss://village.test/messaging',
    tokens: {
      current: () => credentials,
      refresh,
      subscribe: (listener) => {
        tokenListeners.add(listener);
        return () => tokenListeners.delete(listener);
      },
    },
    random: () => 0.5,
    createSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
  });
  client.on((event) => events.push(event));
  const socket = () => sockets.at(-1) as FakeSocket;
  const welcome = async (over: Record<string, unknown> = {}) => {
    await vi.advanceTimersByTimeAsync(0);
    socket().open();
    socket().push({
      type: 'ack',
      ref: socket().last('hello')?.ref,
      result: { session_id: 's', user_id: 'u1', heartbeat_seconds: 20, membership_seq: 4, notification_seq: 7, unread_notifications: 0, ...over },
    });
    await vi.advanceTimersByTimeAsync(0);
  };
  const message = (seq: number, prev = seq - 1) => socket().push({ type: 'message', conversation_id: 'c', seq, prev_seq: prev, message: { id: `m${seq}`, seq } });
  const shown = () => events.flatMap((event) => (event.type === 'messages' ? event.messages.map((item) => item.seq) : []));
  return { client, sockets, socket, events, welcome, message, shown, refresh, setToken };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('connecting', () => {
  it('says hello with the token in the first frame and becomes ready on its ack', async () => {
    const { client, socket, welcome, events } = setUp();
    client.start();
    await welcome();
    expect(socket().sent[0]).toEqual({ ref: '1', type: 'hello', token: 't1' });
    expect(client.status).toBe('ready');
    expect(events.some((event) => event.type === 'ready')).toBe(true);
  });

  it('waits longer after each failure, with full jitter and a cap', () => {
    expect(backoffDelay(0, () => 1)).toBe(500);
    expect(backoffDelay(3, () => 1)).toBe(4_000);
    expect(backoffDelay(3, () => 0.25)).toBe(1_000);
    expect(backoffDelay(40, () => 1)).toBe(30_000);
  });

  it('reconnects after a lost connection and resumes from what it has seen', async () => {
    const { client, sockets, socket, welcome, message } = setUp();
    client.start();
    await welcome();
    client.mention('c', 3);
    message(4);
    socket().drop(1006);
    expect(client.status).toBe('waiting');
    await vi.advanceTimersByTimeAsync(250);
    expect(sockets).toHaveLength(2);
    await welcome();
    expect(socket().sent[0]).toMatchObject({ type: 'hello', resume: { conversations: { c: 4 }, membership_seq: 4, notification_seq: 7 } });
  });

  it('notices a dead line by missing heartbeats', async () => {
    const { client, sockets, socket, welcome } = setUp();
    client.start();
    await welcome();
    await vi.advanceTimersByTimeAsync(40_000);
    socket().push({ type: 'heartbeat', conversations: {}, membership_seq: 4, notification_seq: 7 });
    await vi.advanceTimersByTimeAsync(44_000);
    expect(client.status).toBe('ready');
    const dead = socket();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(dead.closedWith).toBe(4900);
    expect(sockets).toHaveLength(2);
  });

  it('moves to another node at a random moment inside the drain time', async () => {
    const { client, sockets, socket, welcome } = setUp();
    client.start();
    await welcome();
    socket().push({ type: 'reconnect', within_ms: 4_000 });
    await vi.advanceTimersByTimeAsync(1_900);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(sockets).toHaveLength(2);
  });
});

describe('close codes', () => {
  it('4001 renews the token before coming back', async () => {
    const { client, sockets, socket, welcome, refresh } = setUp();
    client.start();
    await welcome();
    socket().drop(4001);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(refresh).toHaveBeenCalledOnce();
    expect(sockets).toHaveLength(2);
  });

  it('4001 with a revoked session stops for good', async () => {
    const { client, sockets, socket, welcome, refresh } = setUp();
    client.start();
    await welcome();
    refresh.mockResolvedValueOnce(false);
    socket().drop(4001);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.status).toBe('stopped');
    expect(sockets).toHaveLength(1);
  });

  it('4003 stops, 4029 waits at least half a minute', async () => {
    const first = setUp();
    first.client.start();
    await first.welcome();
    first.socket().drop(4003);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(first.sockets).toHaveLength(1);

    const second = setUp();
    second.client.start();
    await second.welcome();
    second.socket().drop(4029);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(second.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(second.sockets).toHaveLength(2);
  });
});

describe('sequences', () => {
  it('drops what it has seen before', async () => {
    const { client, welcome, message, shown } = setUp();
    client.start();
    await welcome();
    client.mention('c', 1);
    message(2);
    message(2);
    expect(shown()).toEqual([2]);
  });

  it('lets frames overtake each other without asking again', async () => {
    const { client, socket, welcome, message, shown } = setUp();
    client.start();
    await welcome();
    client.mention('c', 1);
    message(3);
    await vi.advanceTimersByTimeAsync(200);
    message(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(shown()).toEqual([3, 2]);
    expect(socket().last('resume')).toBeUndefined();
  });

  it('asks for a hole after a short wait, from before the hole', async () => {
    const { client, socket, welcome, message, shown } = setUp();
    client.start();
    await welcome();
    client.mention('c', 1);
    message(4);
    await vi.advanceTimersByTimeAsync(299);
    expect(socket().last('resume')).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(socket().last('resume')).toMatchObject({ conversations: { c: 1 } });
    socket().push({ type: 'rows', conversation_id: 'c', from: 1, upto: 4, messages: [{ seq: 2 }, { seq: 3 }, { seq: 4 }] });
    message(4);
    message(5);
    expect(shown()).toEqual([4, 2, 3, 4, 5]);
  });

  it('finds a lost frame by the marks of the next heartbeat', async () => {
    const { client, socket, welcome } = setUp();
    client.start();
    await welcome();
    client.mention('c', 1);
    socket().push({ type: 'heartbeat', conversations: { c: 2 }, membership_seq: 4, notification_seq: 7 });
    await vi.advanceTimersByTimeAsync(300);
    expect(socket().last('resume')).toMatchObject({ conversations: { c: 1 } });
  });

  it('reads history over REST when it is too far behind', async () => {
    const { client, socket, welcome, events, message, shown } = setUp();
    client.start();
    await welcome();
    client.mention('c', 1);
    socket().push({ type: 'gap', conversation_id: 'c', upto: 900 });
    expect(events.at(-1)).toEqual({ type: 'reload', conversationId: 'c' });
    message(901);
    expect(shown()).toEqual([901]);
  });

  it('asks for what happened between a history page and the marks it already has', async () => {
    const { client, socket, welcome } = setUp();
    client.start();
    await welcome();
    client.mention('c', 12);
    client.loaded('c', 10);
    await vi.advanceTimersByTimeAsync(300);
    expect(socket().last('resume')).toMatchObject({ conversations: { c: 10 } });
  });

  it('tells when conversations or notifications were missed', async () => {
    const { client, socket, welcome, events } = setUp();
    client.start();
    await welcome();
    socket().push({ type: 'heartbeat', conversations: {}, membership_seq: 5, notification_seq: 8 });
    expect(events.slice(-2).map((event) => event.type)).toEqual(['conversations-stale', 'notifications-stale']);
  });
});

describe('tokens on the open socket', () => {
  it('renews before expiry and hands the new token to the server', async () => {
    const { client, socket, sockets, welcome, refresh, setToken } = setUp();
    setToken('t1', Date.now() + 120_000);
    client.start();
    await welcome();
    const beats = setInterval(() => socket().push({ type: 'heartbeat', conversations: {}, membership_seq: 4, notification_seq: 7 }), 20_000);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(refresh).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2_000);
    clearInterval(beats);
    expect(refresh).toHaveBeenCalledOnce();
    expect(socket().last('token')).toMatchObject({ token: 't2' });
    expect(sockets).toHaveLength(1);
  });

  it('passes on a token another tab has fetched, once', async () => {
    const { client, socket, welcome, setToken } = setUp();
    client.start();
    await welcome();
    setToken('from-other-tab');
    setToken('from-other-tab');
    expect(socket().sent.filter((frame) => frame.type === 'token')).toHaveLength(1);
  });
});

describe('requests', () => {
  it('settles each by its ref', async () => {
    const { client, socket, welcome } = setUp();
    client.start();
    await welcome();
    const first = client.request({ type: 'send', conversation_id: 'c', client_id: 'a', body: 'hi' });
    const second = client.request({ type: 'send', conversation_id: 'c', client_id: 'b', body: 'ho' });
    const refs = socket().sent.filter((frame) => frame.type === 'send').map((frame) => frame.ref);
    socket().push({ type: 'error', ref: refs[1], code: 'cannot_send', message: 'No.' });
    socket().push({ type: 'ack', ref: refs[0], result: { message: { id: 'm' } } });
    await expect(first).resolves.toEqual({ message: { id: 'm' } });
    await expect(second).rejects.toMatchObject({ code: 'cannot_send' });
  });

  it('fails as offline when the connection goes away or no answer comes', async () => {
    const { client, socket, welcome } = setUp();
    client.start();
    await welcome();
    const lost = client.request({ type: 'ping' });
    socket().drop(1006);
    await expect(lost).rejects.toMatchObject({ code: 'offline' });
    await expect(client.request({ type: 'ping' })).rejects.toMatchObject({ code: 'offline' });
  });
});
