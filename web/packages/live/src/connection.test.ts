// How one socket is kept: with a fake one; tests against the real server are in ../faults.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setUp } from './fake.test.support';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('lines that are dead', () => {
  it('are noticed when neither a request nor a ping is answered', async () => {
    const { client, sockets, socket, welcome } = setUp();
    client.start();
    await welcome();
    socket().answersPings = false;
    const lost = client.request({ type: 'read', conversation_id: 'c', seq: 1 }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await lost).toMatchObject({ code: 'offline' });
    expect(socket().closedWith).toBeNull();
    await vi.advanceTimersByTimeAsync(5_300);
    expect(sockets[0]?.closedWith).toBe(4900);
    expect(sockets).toHaveLength(2);
  });

  it('are noticed at once when the device wakes, and a good one is kept', async () => {
    const { client, sockets, socket, welcome } = setUp();
    client.start();
    await welcome();
    client.wake();
    await vi.advanceTimersByTimeAsync(6_000);
    expect(sockets).toHaveLength(1);
    socket().answersPings = false;
    client.wake();
    await vi.advanceTimersByTimeAsync(5_300);
    expect(sockets).toHaveLength(2);
  });

  it('do not open, do not greet, or are refused outright: each is tried again', async () => {
    const { client, sockets, socket } = setUp();
    client.start();
    await vi.advanceTimersByTimeAsync(15_300);
    expect(sockets).toHaveLength(2);
    socket().open();
    await vi.advanceTimersByTimeAsync(15_600);
    expect(sockets).toHaveLength(3);
    socket().readyState = 3;
    socket().dispatchEvent(new Event('error'));
    await vi.advanceTimersByTimeAsync(2_100);
    expect(sockets).toHaveLength(4);
  });

  it('a server that takes us and drops us is asked less and less often', async () => {
    const { client, sockets, socket, welcome } = setUp();
    client.start();
    for (let round = 0; round < 60; round += 1) {
      if (client.status === 'connecting') {
        await welcome();
        socket().drop(4002);
      }
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(sockets.length).toBeLessThan(10);
  });
});

describe('a hello that is refused', () => {
  const refuse = async (code: string, retryAfter: number | null = null) => {
    const set = setUp();
    set.client.start();
    await vi.advanceTimersByTimeAsync(0);
    set.socket().open();
    set.socket().push({ type: 'error', ref: set.socket().last('hello')?.ref, code, message: 'No.', retry_after: retryAfter });
    return set;
  };

  it('for its token comes back with a new one', async () => {
    const { sockets, refresh } = await refuse('unauthenticated');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(refresh).toHaveBeenCalledOnce();
    expect(sockets[0]?.closedWith).toBe(1000);
    expect(sockets).toHaveLength(2);
  });

  it('for a while waits as long as it is asked to', async () => {
    const { sockets } = await refuse('unavailable', 20);
    await vi.advanceTimersByTimeAsync(19_000);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(sockets).toHaveLength(2);
  });
});

describe('after it has been stopped', () => {
  it('no timer is left, whatever was going on', async () => {
    const { client, socket, welcome, message, setToken } = setUp({ rest: () => Promise.reject(new TypeError('fetch failed')) });
    client.start();
    await welcome();
    client.mention('c', 1);
    message(4);
    client.delivered('c', 4);
    setToken('t9');
    socket().push({ type: 'error', ref: socket().last('token')?.ref, code: 'unavailable', message: 'Later.' });
    socket().push({ type: 'reconnect', within_ms: 60_000 });
    void client.read('c', 4);
    socket().push({ type: 'error', ref: socket().last('read')?.ref, code: 'rate_limited', message: 'Later.' });
    const editing = client.edit('c', 'm', 'ho').catch((error: unknown) => error);
    socket().push({ type: 'error', ref: socket().last('edit')?.ref, code: 'unavailable', message: 'Later.' });
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBeGreaterThan(5);
    client.stop();
    await vi.advanceTimersByTimeAsync(0);
    expect(await editing).toMatchObject({ code: 'unavailable' });
    expect(vi.getTimerCount()).toBe(0);
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

  it('of a short life are renewed at half of it, not without end', async () => {
    const { client, welcome, refresh, setToken } = setUp();
    refresh.mockImplementation(async () => {
      setToken(`t${refresh.mock.calls.length}`, Date.now() + 20_000);
      return true;
    });
    setToken('t1', Date.now() + 20_000);
    client.start();
    await welcome();
    await vi.advanceTimersByTimeAsync(39_000);
    expect(refresh.mock.calls.length).toBeGreaterThanOrEqual(3);
    expect(refresh.mock.calls.length).toBeLessThanOrEqual(4);
  });

  it('of a very long life are not renewed without end', async () => {
    const { client, socket, welcome, refresh, setToken } = setUp();
    setToken('t1', Date.now() + 90 * 86_400_000);
    client.start();
    await welcome();
    const beats = setInterval(() => socket().push({ type: 'heartbeat', conversations: {}, membership_seq: 4, notification_seq: 7 }), 20_000);
    await vi.advanceTimersByTimeAsync(3_600_000);
    clearInterval(beats);
    expect(refresh).not.toHaveBeenCalled();
  });

  it('that cannot be renewed for now do not stop the connection, nor does a renewal that hangs', async () => {
    const { client, socket, sockets, welcome, refresh } = setUp();
    client.start();
    await welcome();
    refresh.mockReturnValueOnce(new Promise(() => undefined)).mockRejectedValueOnce(new Error('no network'));
    socket().drop(4001);
    await vi.advanceTimersByTimeAsync(16_000);
    expect(sockets).toHaveLength(2);
    await welcome();
    expect(client.status).toBe('ready');
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
