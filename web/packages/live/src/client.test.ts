// With a fake socket; tests against the real server are in ../faults.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoffDelay } from './backoff';
import { setUp } from './fake.test.support';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the list of blocks', () => {
  it('is said to have changed once for each mark, however it comes', async () => {
    const { client, socket, welcome, events } = setUp();
    const said = () => events.filter((event) => event.type === 'blocks').length;
    const beat = (blocks?: string) => socket().push({ type: 'heartbeat', conversations: {}, membership_seq: 4, notification_seq: 7, ...(blocks ? { blocks } : {}) });
    client.start();
    await welcome({ blocks: '0' });
    expect(said()).toBe(1);
    beat('0');
    beat();
    expect(said()).toBe(1);
    socket().push({ type: 'blocks', blocks: '1.5' });
    beat('1.5');
    expect(said()).toBe(2);
    // On another device while this one was away.
    socket().drop(1006);
    await vi.advanceTimersByTimeAsync(250);
    await welcome({ blocks: '1.5' });
    expect(said()).toBe(2);
    beat('0');
    expect(said()).toBe(3);
  });
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

describe('listeners', () => {
  it('that fail do not keep a frame from the others', async () => {
    const { client, welcome, message, shown } = setUp();
    const reported = vi.fn();
    vi.stubGlobal('reportError', reported);
    const last = vi.fn();
    client.on((event) => {
      if (event.type === 'messages') throw new Error('a bug of the application');
    });
    client.on(last);
    client.start();
    await welcome();
    client.mention('c', 1);
    message(2);
    message(3);
    expect(shown()).toEqual([2, 3]);
    expect(last.mock.calls.filter(([event]) => event.type === 'messages')).toHaveLength(2);
    expect(reported).toHaveBeenCalledTimes(2);
    vi.unstubAllGlobals();
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

  it('forgets no conversation when a resume breaks off in the middle', async () => {
    const { client, socket, welcome, events } = setUp();
    client.start();
    await welcome();
    socket().drop(1006);
    await vi.advanceTimersByTimeAsync(250);
    await vi.advanceTimersByTimeAsync(0);
    socket().answersPings = false;
    await welcome({ membership_seq: 9 });
    socket().push({ type: 'conversation', membership_seq: 5, conversation: { id: 'n', last_seq: 1 } });
    socket().drop(4008);
    await vi.advanceTimersByTimeAsync(1_000);
    await welcome({ membership_seq: 9 });
    expect(socket().sent[0]).toMatchObject({ resume: { membership_seq: 5 } });
    // This one is complete, and still not everything came: there was too much of it.
    expect(events.at(-1)).toEqual({ type: 'conversations-stale' });
  });

  it('asks for more conversations than one hello names, once the first are answered', async () => {
    const { client, socket, welcome } = setUp();
    client.start();
    await welcome();
    for (let index = 0; index < 450; index += 1) client.mention(`c${index}`, 1);
    socket().drop(1006);
    await vi.advanceTimersByTimeAsync(1_000);
    await welcome();
    const sizes = () => socket().sent.filter((frame) => frame.type === 'resume').map((frame) => Object.keys(frame.conversations as object).length);
    expect(sizes()).toEqual([200]);
    socket().push({ type: 'ack', ref: socket().last('resume')?.ref, result: {} });
    await vi.advanceTimersByTimeAsync(0);
    expect(sizes()).toEqual([200, 50]);
  });

  it('gives up holes that the server does not fill, and tries again when it could not', async () => {
    const { client, socket, welcome } = setUp();
    client.start();
    await welcome();
    client.mention('c', 1);
    client.mention('c', 2);
    await vi.advanceTimersByTimeAsync(300);
    socket().push({ type: 'error', ref: socket().last('resume')?.ref, code: 'unavailable', message: 'Later.', retry_after: 5 });
    await vi.advanceTimersByTimeAsync(5_000);
    const asked = () => socket().sent.filter((frame) => frame.type === 'resume').length;
    expect(asked()).toBe(2);
    socket().push({ type: 'ack', ref: socket().last('resume')?.ref, result: {} });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked()).toBe(2);
  });

  it('asks less and less often when the server does not want to answer', async () => {
    const { client, socket, welcome } = setUp();
    client.start();
    await welcome();
    const beats = setInterval(() => socket().push({ type: 'heartbeat', conversations: {}, membership_seq: 4, notification_seq: 7 }), 20_000);
    client.mention('c', 1);
    client.mention('c', 2);
    const asked = () => socket().sent.filter((frame) => frame.type === 'resume');
    for (let second = 0; second < 300; second += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      socket().push({ type: 'error', ref: asked().at(-1)?.ref, code: 'invalid_frame', message: 'No.' });
    }
    clearInterval(beats);
    expect(asked().length).toBeGreaterThan(3);
    expect(asked().length).toBeLessThan(12);
  });

  it('tells when conversations or notifications were missed', async () => {
    const { client, socket, welcome, events } = setUp();
    client.start();
    await welcome();
    socket().push({ type: 'heartbeat', conversations: {}, membership_seq: 5, notification_seq: 8 });
    expect(events.slice(-2).map((event) => event.type)).toEqual(['conversations-stale', 'notifications-stale']);
  });

  it('tells which notification is gone, and resumes after it', async () => {
    const { client, socket, welcome, events } = setUp();
    client.start();
    await welcome();
    socket().push({ type: 'notification_removed', notification_seq: 9, notification_id: 'n', unread_count: 1 });
    expect(events.at(-1)).toEqual({ type: 'notification-removed', id: 'n', unreadCount: 1, seq: 9 });
    socket().push({ type: 'heartbeat', conversations: {}, membership_seq: 4, notification_seq: 9 });
    expect(events.at(-1)?.type).toBe('notification-removed');
    socket().drop(1006);
    await vi.advanceTimersByTimeAsync(250);
    await welcome();
    expect(socket().sent[0]).toMatchObject({ resume: { notification_seq: 9 } });
  });

  it('takes the number of unread notifications from a heartbeat that is not behind', async () => {
    const { client, socket, welcome, events } = setUp();
    client.start();
    await welcome();
    socket().push({ type: 'notification', notification_seq: 8, notification: {}, unread_count: 2 });
    socket().push({ type: 'heartbeat', conversations: {}, membership_seq: 4, notification_seq: 7, unread_notifications: 1 });
    expect(events.at(-1)?.type).toBe('notification');
    socket().push({ type: 'heartbeat', conversations: {}, membership_seq: 4, notification_seq: 8, unread_notifications: 1 });
    expect(events.at(-1)).toEqual({ type: 'notifications-counted', unreadCount: 1, seq: 8 });
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
