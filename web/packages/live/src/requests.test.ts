// Requests, their REST twins, and life without sockets. With a fake socket and a fake `rest`.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failureOf, LiveError } from './errors';
import { setUp } from './fake.test.support';
import type { RestRequest } from './rest';

/** A fake: answers as the test says, and notes what it was asked. */
function fakeRest(answer: (request: RestRequest) => unknown = () => ({})) {
  const calls: { method: string; path: string; body?: unknown }[] = [];
  const rest = async ({ signal: _signal, ...request }: RestRequest) => {
    calls.push(request);
    return answer({ ...request, signal: _signal });
  };
  return { rest, calls };
}

const problem = (code: string, status: number) => Object.assign(new Error(code), { code, status });
const offline = () => {
  throw problem('network', 0);
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('requests on the open socket', () => {
  it('are frames of the contract, and answer with the message', async () => {
    const { client, socket, welcome } = setUp();
    client.start();
    await welcome();
    const answers = [
      client.send({ conversation_id: 'c', client_id: 'x', body: 'hi' }),
      client.edit('c', 'm', 'ho'),
      client.delete('c', 'm'),
      client.react('c', 'm', '🎉', true),
    ];
    const frames = socket().sent.slice(1);
    expect(frames.map(({ ref: _ref, ...frame }) => frame)).toEqual([
      { type: 'send', conversation_id: 'c', client_id: 'x', body: 'hi' },
      { type: 'edit', conversation_id: 'c', message_id: 'm', body: 'ho' },
      { type: 'delete', conversation_id: 'c', message_id: 'm' },
      { type: 'react', conversation_id: 'c', message_id: 'm', emoji: '🎉', on: true },
    ]);
    for (const [index, { ref }] of frames.entries()) socket().push({ type: 'ack', ref, result: { message: { id: 'm', seq: index } } });
    expect(await Promise.all(answers)).toEqual([0, 1, 2, 3].map((seq) => ({ id: 'm', seq })));
  });

  it('are repeated when the server asks for patience, and not when it says no', async () => {
    const { client, socket, welcome } = setUp();
    client.start();
    await welcome();
    const editing = client.edit('c', 'm', 'ho');
    socket().push({ type: 'error', ref: socket().last('edit')?.ref, code: 'unavailable', message: 'Later.', retry_after: 2 });
    await vi.advanceTimersByTimeAsync(1_900);
    expect(socket().sent.filter((frame) => frame.type === 'edit')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    socket().push({ type: 'error', ref: socket().last('edit')?.ref, code: 'too_many_edits', message: 'No.' });
    await expect(editing).rejects.toMatchObject({ code: 'too_many_edits' });
  });

  it('that are too long for a frame, or unknown to this server, go over REST', async () => {
    const { rest, calls } = fakeRest(() => ({ id: 'm', seq: 1 }));
    const { client, socket, welcome } = setUp({ rest });
    client.start();
    await welcome();
    await client.send({ conversation_id: 'c', client_id: 'x', body: '\u0001'.repeat(4_000) });
    expect(socket().last('send')).toBeUndefined();
    const reacting = client.react('c', 'm', '🎉', false);
    socket().push({ type: 'error', ref: socket().last('react')?.ref, code: 'unknown_type', message: 'What?' });
    await reacting;
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /conversations/c/messages', 'DELETE /conversations/c/messages/m/reactions/%F0%9F%8E%89']);
  });

  it('say that one types once in three seconds', async () => {
    const { client, socket, welcome } = setUp();
    client.start();
    await welcome();
    for (let key = 0; key < 70; key += 1) {
      client.typing('c');
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(socket().sent.filter((frame) => frame.type === 'typing')).toHaveLength(3);
  });

  it('tell of what was delivered together, the latest of each conversation, and once', async () => {
    const { client, socket, welcome } = setUp();
    client.start();
    await welcome();
    for (const seq of [1, 3, 2]) client.delivered('c', seq);
    client.delivered('d', 9);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(socket().last('delivered')).toMatchObject({ conversations: { c: 3, d: 9 } });
    socket().push({ type: 'ack', ref: socket().last('delivered')?.ref, result: {} });
    await vi.advanceTimersByTimeAsync(0);
    client.delivered('c', 3);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(socket().sent.filter((frame) => frame.type === 'delivered')).toHaveLength(1);
  });

  it('watch people across connections, and say how each stands', async () => {
    const { client, socket, welcome, events } = setUp();
    client.start();
    await welcome();
    const presences = () => events.flatMap((event) => (event.type === 'presence' ? [`${event.userId} ${event.present}`] : []));
    client.watch(['ana', 'mara']);
    socket().push({ type: 'ack', ref: socket().last('watch')?.ref, result: { present: ['mara'] } });
    await vi.advanceTimersByTimeAsync(0);
    socket().push({ type: 'presence', user_id: 'ana', present: true });
    expect(presences()).toEqual(['ana false', 'mara true', 'ana true']);
    socket().drop(1006);
    await vi.advanceTimersByTimeAsync(1_000);
    await welcome();
    expect(socket().last('watch')).toMatchObject({ user_ids: ['ana', 'mara'] });
  });

  it('pass on what others do', async () => {
    const { client, socket, welcome, events } = setUp();
    client.start();
    await welcome();
    socket().push({ type: 'typing', conversation_id: 'c', user_id: 'u' });
    socket().push({ type: 'delivered', conversation_id: 'c', user_id: 'u', seq: 3 });
    socket().push({ type: 'a frame of next year' });
    socket().push({ type: 'read', conversation_id: 'c', user_id: 'u1', seq: 3, unread_count: 0, membership_seq: 5 });
    expect(events.slice(-3)).toEqual([
      { type: 'typing', conversationId: 'c', userId: 'u' },
      { type: 'delivered', conversationId: 'c', userId: 'u', seq: 3 },
      { type: 'read', conversationId: 'c', userId: 'u1', seq: 3, unreadCount: 0, asOfSeq: null, asOfNumber: null },
    ]);
    // The read mark was membership change 5, so a beat that says 5 tells nothing new.
    socket().push({ type: 'heartbeat', conversations: {}, membership_seq: 5, notification_seq: 7 });
    expect(events.at(-1)?.type).toBe('read');
  });
});

describe('without a connection', () => {
  it('a read mark that could not be set is set when it is back', async () => {
    const { rest } = fakeRest(offline);
    const { client, socket, welcome } = setUp({ rest });
    client.start();
    await welcome();
    socket().drop(1006);
    expect(await client.read('c', 4)).toBeNull();
    expect(await client.read('c', 3)).toBeNull();
    await vi.advanceTimersByTimeAsync(1_000);
    await welcome();
    expect(socket().last('read')).toMatchObject({ conversation_id: 'c', seq: 4 });
  });

  it('a read mark that the server asked to set later is set later, on the same connection', async () => {
    const { client, socket, welcome } = setUp();
    client.start();
    await welcome();
    const reading = client.read('c', 5);
    socket().push({ type: 'error', ref: socket().last('read')?.ref, code: 'rate_limited', message: 'Later.', retry_after: 7 });
    expect(await reading).toBeNull();
    client.delivered('c', 5);
    await vi.advanceTimersByTimeAsync(1_000);
    socket().push({ type: 'error', ref: socket().last('delivered')?.ref, code: 'rate_limited', message: 'Later.', retry_after: 7 });
    const count = (type: string) => socket().sent.filter((frame) => frame.type === type).length;
    await vi.advanceTimersByTimeAsync(5_500);
    expect([count('read'), count('delivered')]).toEqual([1, 1]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([count('read'), count('delivered')]).toEqual([2, 2]);
    expect(socket().last('read')).toMatchObject({ seq: 5 });
  });

  it('read marks are settled when the server has confirmed or refused the last of them, or another person begins', async () => {
    const { client, socket, welcome } = setUp();
    client.start();
    await welcome();
    const settled: string[] = [];
    const note = (what: string) => void client.readsSettled().then(() => settled.push(what));
    note('none');
    await vi.advanceTimersByTimeAsync(0);
    expect(settled).toEqual(['none']);
    const reading = client.read('c', 5);
    const refOfC = socket().last('read')?.ref;
    const other = client.read('d', 2);
    note('both');
    socket().push({ type: 'ack', ref: refOfC, result: { read_seq: 5, unread_count: 0 } });
    await reading;
    expect(settled).toEqual(['none']);
    socket().push({ type: 'error', ref: socket().last('read')?.ref, code: 'not_found', message: 'None.' });
    await expect(other).rejects.toMatchObject({ code: 'not_found' });
    expect(settled).toEqual(['none', 'both']);
    client.read('c', 6).catch(() => undefined);
    note('next');
    client.stop();
    await vi.advanceTimersByTimeAsync(0);
    expect(settled).toEqual(['none', 'both', 'next']);
  });

  it('nothing that one person began is done for the next one', async () => {
    const { rest, calls } = fakeRest(offline);
    const { client, socket, welcome } = setUp({ rest });
    client.start();
    await welcome();
    const asked = [client.react('c', 'm', '🎉', true), client.send({ conversation_id: 'c', client_id: 'x', body: 'hi' }), client.edit('c', 'm', 'ho')];
    const lost = Promise.allSettled(asked);
    socket().push({ type: 'error', ref: socket().last('edit')?.ref, code: 'unavailable', message: 'Later.' });
    void client.read('c', 5);
    client.delivered('c', 5);
    await vi.advanceTimersByTimeAsync(1_000);
    client.stop();
    client.start();
    await welcome();
    const before = socket().sent.length;
    await vi.advanceTimersByTimeAsync(15_000);
    expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(calls).toEqual([]);
    expect(socket().sent.slice(before).filter((frame) => frame.type !== 'ping')).toEqual([]);
  });

  it('a refused read mark is not tried for ever', async () => {
    const { rest } = fakeRest(() => {
      throw problem('not_found', 404);
    });
    const { client, socket, welcome } = setUp({ rest });
    client.start();
    await expect(client.read('c', 4)).rejects.toMatchObject({ code: 'not_found' });
    await welcome();
    expect(socket().last('read')).toBeUndefined();
  });

  it('asks over REST after three failures, loses nothing, and goes on with the socket', async () => {
    const rounds = [
      { conversations: [{ conversation_id: 'c', from: 2, upto: 3, messages: [{ id: 'm3', seq: 3 }] }], memberships: [], membership_seq: 4, more: true },
      {
        conversations: [
          { conversation_id: 'c', from: 3, upto: 4, messages: [{ id: 'm4', seq: 4 }] },
          { conversation_id: 'd', gap: true, upto: 2_000 },
        ],
        memberships: [{ id: 'e', last_seq: 1 }],
        membership_seq: 5,
      },
    ];
    const asked: unknown[] = [];
    const { rest } = fakeRest(({ path, body }) => {
      if (path !== '/conversations/sync') return {};
      asked.push(body);
      return rounds.shift() ?? { conversations: [], memberships: [], membership_seq: 5 };
    });
    const { client, sockets, socket, welcome, events, shown } = setUp({ rest });
    client.start();
    await welcome();
    client.mention('c', 2);
    client.mention('d', 900);
    events.length = 0;
    for (let failure = 0; failure < 2; failure += 1) {
      socket().drop(1006);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(client.status).toBe('connecting');
    }
    expect(asked).toHaveLength(0);
    socket().drop(1006);
    await vi.advanceTimersByTimeAsync(0);
    expect(client.status).toBe('polling');
    expect(asked.slice(0, 2)).toEqual([
      { conversations: { c: 2, d: 900 }, membership_seq: 4 },
      { conversations: { c: 3, d: 900 }, membership_seq: 4 },
    ]);
    expect(shown()).toEqual([3, 4]);
    expect(events).toContainEqual({ type: 'reload', conversationId: 'd' });
    expect(events).toContainEqual({ type: 'conversation', conversation: { id: 'e', last_seq: 1 } });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked.at(-1)).toEqual({ conversations: { c: 4, d: 2_000, e: 1 }, membership_seq: 5 });
    const tried = sockets.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets.length).toBeGreaterThan(tried);
    await welcome();
    expect(client.status).toBe('ready');
    expect(socket().sent[0]).toMatchObject({ resume: { conversations: { c: 4, d: 2_000, e: 1 }, membership_seq: 5 } });
    const asks = asked.length;
    const beats = setInterval(() => socket().push({ type: 'heartbeat', conversations: {}, membership_seq: 5, notification_seq: 7 }), 20_000);
    await vi.advanceTimersByTimeAsync(60_000);
    clearInterval(beats);
    expect(asked).toHaveLength(asks);
  });

  it('says that it waits when the server cannot be reached over REST either', async () => {
    const { rest } = fakeRest(offline);
    const { client, socket } = setUp({ rest });
    client.start();
    for (let failure = 0; failure < 6; failure += 1) {
      await vi.advanceTimersByTimeAsync(0);
      socket().drop(1006);
      expect(client.status).toBe('waiting');
      await vi.advanceTimersByTimeAsync(16_000);
    }
  });
});

describe('errors', () => {
  it.each([
    [new LiveError('offline', ''), 'offline', true],
    [new LiveError('rate_limited', '', 3), 'rate_limited', true],
    [new LiveError('cannot_send', ''), 'cannot_send', false],
    [problem('network', 0), 'network', true],
    [problem('unavailable', 503), 'unavailable', true],
    [problem('unauthenticated', 401), 'unauthenticated', true],
    [problem('not_found', 404), 'not_found', false],
    [problem('body_too_large', 413), 'body_too_large', false],
    [new TypeError('fetch failed'), 'network', true],
    [new DOMException('too late', 'TimeoutError'), 'network', true],
    [new RangeError('a bug of ours'), 'unexpected', false],
    ['nonsense', 'unexpected', false],
  ])('%s is %s', (error, code, isTemporary) => {
    expect(failureOf(error)).toMatchObject({ code, isTemporary });
  });
});
