// With a fake server and storage in memory; tests against the real server are in ../../faults.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveError } from '../errors';
import type { NewMessage } from '../protocol';
import { Outbox, type OutboxEvent, type OutboxOptions } from './outbox';
import { MemoryStorage, type OutboxStorage } from './storage';
import type { Channel, Lock } from './tabs';

interface Sent {
  id: string;
  client_id: string;
}

/** A fake: takes each client_id once, fails as told, and notes what reached it. */
class FakeServer {
  readonly attempts: NewMessage[] = [];
  readonly taken: NewMessage[] = [];
  readonly failures: unknown[] = [];
  open = 0;
  mostOpen = 0;
  delay = 10;
  /** The message is taken, and the answer lost. */
  losesAnswers = false;

  send = async (message: NewMessage): Promise<Sent> => {
    this.attempts.push(message);
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    await new Promise((resolve) => setTimeout(resolve, this.delay));
    this.open -= 1;
    const failure = this.failures.shift();
    if (failure) throw failure;
    if (!this.taken.some((old) => old.client_id === message.client_id)) this.taken.push(message);
    if (this.losesAnswers) throw new LiveError('offline', 'The connection was lost.');
    return { id: `m-${message.client_id}`, client_id: message.client_id };
  };

  get bodies(): string[] {
    return this.taken.map((message) => message.body);
  }
}

/** A fake of BroadcastChannel: everybody but the sender hears it, a moment later. */
class FakeAir {
  readonly #channels = new Set<Channel>();
  channel(): Channel {
    const channels = this.#channels;
    const mine: Channel = {
      onmessage: null,
      postMessage: (data) => channels.forEach((other) => other !== mine && setTimeout(() => other.onmessage?.({ data: structuredClone(data) }), 1)),
      close: () => channels.delete(mine),
    };
    channels.add(mine);
    return mine;
  }
}

/** A fake of Web Locks. */
function fakeLocks(): Lock {
  const queues = new Map<string, Promise<unknown>>();
  return (name, task) => {
    const done = (queues.get(name) ?? Promise.resolve()).then(task);
    queues.set(name, done.catch(() => undefined));
    return done;
  };
}

function setUp({ server = new FakeServer(), storage = new MemoryStorage() as OutboxStorage, lock = fakeLocks(), air = new FakeAir(), name = 'a', upload = undefined as OutboxOptions<Sent>['upload'] } = {}) {
  let made = 0;
  const outbox = new Outbox<Sent>({ send: server.send, storage, lock, channel: air.channel(), random: () => 0.5, newId: () => `${name}${(made += 1)}`, ...(upload ? { upload } : {}) });
  const events: OutboxEvent<Sent>[] = [];
  outbox.on((event) => events.push(event));
  const types = () => events.map((event) => `${event.type} ${event.entry.body}`);
  const states = () => outbox.entries.map((entry) => `${entry.body} ${entry.state}`);
  return { outbox, server, storage, lock, air, events, types, states };
}

const offline = () => new LiveError('offline', 'There is no live connection.');
const problem = (code: string, status: number, retryAfterSeconds: number | null = null) => Object.assign(new Error(code), { code, status, retryAfterSeconds });
const settle = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('sending', () => {
  it('goes out in the order it was written, one at a time in each conversation', async () => {
    const { outbox, server, types, states } = setUp();
    await outbox.open('ana');
    for (const body of ['one', 'two', 'three']) outbox.send({ conversationId: 'c', body });
    outbox.send({ conversationId: 'd', body: 'other' });
    expect(states()).toEqual(['one queued', 'two queued', 'three queued', 'other queued']);
    await settle(1);
    expect(states()).toEqual(['one sending', 'two queued', 'three queued', 'other sending']);
    await settle(100);
    expect(server.bodies).toEqual(['one', 'other', 'two', 'three']);
    expect(server.mostOpen).toBe(2);
    expect(states()).toEqual([]);
    expect(types().filter((text) => text.endsWith('one'))).toEqual(['queued one', 'sending one', 'sent one']);
  });

  it('sends only the fields that say something', async () => {
    const { outbox, server } = setUp();
    await outbox.open('ana');
    outbox.send({ conversationId: 'c', body: 'plain' });
    outbox.send({ conversationId: 'c', body: '', images: [{ media_id: 'i', alt: 'A cat' }], replyTo: 'm1' });
    await settle(100);
    expect(server.attempts).toEqual([
      { conversation_id: 'c', client_id: 'a1', body: 'plain' },
      { conversation_id: 'c', client_id: 'a2', body: '', images: [{ media_id: 'i', alt: 'A cat' }], reply_to: 'm1' },
    ]);
  });

  it('keeps what was written without a connection, and sends it once when back', async () => {
    const { outbox, server, states, types } = setUp();
    server.failures.push(...Array.from({ length: 50 }, offline));
    await outbox.open('ana');
    outbox.send({ conversationId: 'c', body: 'one' });
    outbox.send({ conversationId: 'c', body: 'two' });
    await settle(60_000);
    expect(states()).toEqual(['one queued', 'two queued']);
    expect(server.attempts.length).toBeLessThan(20);
    server.failures.length = 0;
    outbox.wake();
    await settle(100);
    expect(server.bodies).toEqual(['one', 'two']);
    expect(types()).not.toContain('failed one');
  });

  it('repeats a message whose answer was lost under the same name', async () => {
    const { outbox, server } = setUp();
    server.losesAnswers = true;
    await outbox.open('ana');
    outbox.send({ conversationId: 'c', body: 'one' });
    await settle(5_000);
    server.losesAnswers = false;
    await settle(30_000);
    expect(server.bodies).toEqual(['one']);
    expect(new Set(server.attempts.map((message) => message.client_id))).toEqual(new Set(['a1']));
    expect(outbox.entries).toEqual([]);
  });

  it('waits as long as the server asks, also when the connection is back earlier', async () => {
    const { outbox, server } = setUp();
    server.failures.push(problem('rate_limited', 429, 20));
    await outbox.open('ana');
    outbox.send({ conversationId: 'c', body: 'one' });
    await settle(5_000);
    outbox.wake();
    await settle(14_000);
    expect(server.attempts).toHaveLength(1);
    await settle(2_000);
    expect(server.bodies).toEqual(['one']);
  });
});

describe('what is refused', () => {
  it.each([403, 404, 409, 413, 422])('%i is said at once, and does not hold up the next', async (status) => {
    const { outbox, server, states } = setUp();
    server.failures.push(problem('no', status));
    await outbox.open('ana');
    outbox.send({ conversationId: 'c', body: 'one' });
    outbox.send({ conversationId: 'c', body: 'two' });
    await settle(1_000);
    expect(states()).toEqual(['one failed']);
    expect(outbox.entries[0]?.error).toEqual({ code: 'no', status, message: 'no' });
    expect(server.bodies).toEqual(['two']);
    await settle(120_000);
    expect(server.attempts).toHaveLength(2);
  });

  it('can be tried again or discarded', async () => {
    const { outbox, server, states, types } = setUp();
    server.failures.push(problem('cannot_send', 403), new LiveError('cannot_send', 'No.'));
    await outbox.open('ana');
    outbox.send({ conversationId: 'c', body: 'one' });
    outbox.send({ conversationId: 'c', body: 'two' });
    await settle(1_000);
    expect(states()).toEqual(['one failed', 'two failed']);
    outbox.retry('a1');
    outbox.discard('a2');
    await settle(1_000);
    expect(states()).toEqual([]);
    expect(server.bodies).toEqual(['one']);
    expect(types()).toContain('discarded two');
  });

  it('gives up on a message on which the server keeps stumbling', async () => {
    const { outbox, server, states } = setUp();
    server.failures.push(...Array.from({ length: 5 }, () => problem('internal', 500)));
    await outbox.open('ana');
    outbox.send({ conversationId: 'c', body: 'one' });
    outbox.send({ conversationId: 'c', body: 'two' });
    await settle(120_000);
    expect(states()).toEqual(['one failed']);
    expect(server.bodies).toEqual(['two']);
  });
});

describe('reloads and people', () => {
  it('takes up what an earlier page has left, refused ones as refused', async () => {
    const first = setUp();
    first.server.failures.push(problem('no', 422), ...Array.from({ length: 50 }, offline));
    await first.outbox.open('ana');
    first.outbox.send({ conversationId: 'c', body: 'bad' });
    first.outbox.send({ conversationId: 'c', body: 'one' });
    first.outbox.send({ conversationId: 'c', body: 'two' });
    await settle(1_000);
    first.outbox.close();
    const second = setUp({ storage: first.storage, name: 'b' });
    await second.outbox.open('ana');
    expect(second.states()).toEqual(['bad failed', 'one queued', 'two queued']);
    second.outbox.send({ conversationId: 'c', body: 'three' });
    await settle(1_000);
    expect(second.server.bodies).toEqual(['one', 'two', 'three']);
    expect(second.server.taken.map((message) => message.client_id)).toEqual(['a2', 'a3', 'b1']);
  });

  it("never sends one person's words for another, and forgets them at the log-out", async () => {
    const { outbox, server, states, storage } = setUp();
    server.failures.push(...Array.from({ length: 50 }, offline));
    await outbox.open('ana');
    outbox.send({ conversationId: 'c', body: 'mine' });
    await settle(1_000);
    await outbox.open('mara');
    server.failures.length = 0;
    outbox.wake();
    await settle(60_000);
    expect(states()).toEqual([]);
    expect(server.bodies).toEqual([]);
    outbox.close();
    await outbox.clear('ana');
    expect(await storage.load('ana')).toEqual([]);
  });

  it('does not send for the next person what the one before was still uploading, nor what was discarded meanwhile', async () => {
    const uploads: (() => void)[] = [];
    const { outbox, server, storage } = setUp({ upload: () => new Promise((resolve) => uploads.push(() => resolve('media'))) });
    const picture = { blob: new Blob(['x']), alt: '' };
    await outbox.open('ana');
    outbox.send({ conversationId: 'c', body: 'mine', attachments: [picture] });
    const other = outbox.send({ conversationId: 'd', body: 'never mind', attachments: [picture] });
    await settle(1);
    outbox.discard(other.clientId);
    uploads[1]?.();
    await settle(100);
    outbox.close();
    await outbox.open('mara');
    uploads[0]?.();
    await settle(60_000);
    expect(server.attempts).toEqual([]);
    expect((await storage.load('ana')).map(({ body }) => body)).toEqual(['mine']);
  });

  it('keeps the next messages when one is too large to be stored', async () => {
    const memory = new MemoryStorage();
    const small: OutboxStorage = {
      load: (person) => memory.load(person),
      put: (person, entry) => (entry.body === 'huge' ? Promise.reject(new Error('disk full')) : memory.put(person, entry)),
      remove: (person, clientId) => memory.remove(person, clientId),
      clear: (person) => memory.clear(person),
    };
    const { outbox, server } = setUp({ storage: small });
    server.failures.push(offline());
    await outbox.open('ana');
    for (const body of ['huge', 'small']) outbox.send({ conversationId: 'c', body });
    await settle(5);
    expect((await memory.load('ana')).map(({ body }) => body)).toEqual(['small']);
    await settle(10_000);
    expect(server.bodies).toEqual(['huge', 'small']);
    expect(await memory.load('ana')).toEqual([]);
  });

  it('catches up when a storage that hung moves again, and forgets then what was to be forgotten', async () => {
    const memory = new MemoryStorage();
    const hung: (() => void)[] = [];
    const hanging: OutboxStorage = {
      load: (person) => memory.load(person),
      put: async (person, entry) => {
        if (entry.body === 'one') await new Promise<void>((resolve) => hung.push(resolve));
        return memory.put(person, entry);
      },
      remove: (person, clientId) => memory.remove(person, clientId),
      clear: (person) => memory.clear(person),
    };
    const { outbox, server } = setUp({ storage: hanging });
    server.failures.push(...Array.from({ length: 100 }, offline));
    await outbox.open('ana');
    for (const body of ['one', 'two']) outbox.send({ conversationId: 'c', body });
    await settle(10_000);
    expect(await memory.load('ana')).toEqual([]);
    expect(server.attempts.length).toBeGreaterThan(0);
    hung.shift()?.();
    await settle(1);
    // What was missed is written, and this one hangs again.
    hung.shift()?.();
    await settle(1);
    expect((await memory.load('ana')).map(({ body }) => body)).toEqual(['one', 'two']);
    outbox.send({ conversationId: 'd', body: 'one' });
    await settle(10_000);
    await outbox.clear();
    expect(await memory.load('ana')).toHaveLength(2);
    hung.shift()?.();
    await settle(1);
    expect(await memory.load('ana')).toEqual([]);
  });

  it('works in memory when nothing can be stored', async () => {
    const broken: OutboxStorage = {
      load: () => Promise.reject(new Error('private window')),
      put: () => Promise.reject(new Error('disk full')),
      remove: () => new Promise(() => undefined),
      clear: () => Promise.reject(new Error('private window')),
    };
    const { outbox, server } = setUp({ storage: broken });
    await outbox.open('ana');
    for (const body of ['one', 'two']) outbox.send({ conversationId: 'c', body });
    await settle(10_000);
    expect(server.bodies).toEqual(['one', 'two']);
    expect(outbox.entries).toEqual([]);
  });
});

describe('several tabs', () => {
  it('send each message once and in order, and all hear of it', async () => {
    const first = setUp();
    const second = setUp({ ...first, name: 'b' });
    await Promise.all([first.outbox.open('ana'), second.outbox.open('ana')]);
    first.outbox.send({ conversationId: 'c', body: 'one' });
    await settle(1);
    second.outbox.send({ conversationId: 'c', body: 'two' });
    await settle(1);
    first.outbox.send({ conversationId: 'c', body: 'three' });
    await settle(10_000);
    expect(first.server.bodies).toEqual(['one', 'two', 'three']);
    expect(first.server.attempts).toHaveLength(3);
    expect(first.server.mostOpen).toBe(1);
    for (const tab of [first, second]) {
      expect(tab.states()).toEqual([]);
      expect(tab.events.flatMap((event) => (event.type === 'sent' ? [event.message.client_id] : []))).toEqual(expect.arrayContaining(['a1', 'b1', 'a2']));
    }
  });

  it('take over from a tab that was closed', async () => {
    const first = setUp();
    first.server.failures.push(...Array.from({ length: 3 }, offline));
    const second = setUp({ ...first, name: 'b' });
    await Promise.all([first.outbox.open('ana'), second.outbox.open('ana')]);
    first.outbox.send({ conversationId: 'c', body: 'one' });
    await settle(50);
    first.outbox.close();
    expect(second.states()).toEqual(['one queued']);
    await settle(30_000);
    expect(first.server.bodies).toEqual(['one']);
    expect(second.states()).toEqual([]);
  });

  it('look after each other again once what had failed was sent', async () => {
    const first = setUp();
    const second = setUp({ ...first, name: 'b' });
    await Promise.all([first.outbox.open('ana'), second.outbox.open('ana')]);
    first.server.failures.push(offline(), offline());
    first.outbox.send({ conversationId: 'c', body: 'one' });
    await settle(1);
    second.outbox.wake();
    await settle(60_000);
    expect(first.server.bodies).toEqual(['one']);
    first.server.failures.push(offline());
    first.outbox.send({ conversationId: 'c', body: 'two' });
    await settle(20);
    first.outbox.close();
    await settle(30_000);
    expect(first.server.bodies).toEqual(['one', 'two']);
  });

  it('without locks may send twice, which is one message in its place', async () => {
    const lock: Lock = (_name, task) => task();
    const first = setUp({ lock });
    const second = setUp({ ...first, name: 'b' });
    await Promise.all([first.outbox.open('ana'), second.outbox.open('ana')]);
    for (let round = 0; round < 10; round += 1) {
      first.outbox.send({ conversationId: 'c', body: `${round}` });
      second.outbox.wake();
      await settle(round);
    }
    await settle(10_000);
    expect(first.server.bodies).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  });
});

describe('pictures', () => {
  it('are uploaded first, each once, also when sending fails in between', async () => {
    const upload = vi.fn(async (_picture: unknown, key: string) => `media-${key}`);
    const { outbox, server } = setUp({ upload });
    server.failures.push(offline());
    upload.mockRejectedValueOnce(new TypeError('fetch failed'));
    await outbox.open('ana');
    const blob = new Blob(['x']);
    outbox.send({ conversationId: 'c', body: 'look', attachments: [{ blob, alt: 'A cat' }, { blob, alt: 'A dog' }] });
    await settle(60_000);
    expect(server.taken).toEqual([
      { conversation_id: 'c', client_id: 'a1', body: 'look', images: [{ media_id: 'media-a1-0', alt: 'A cat' }, { media_id: 'media-a1-1', alt: 'A dog' }] },
    ]);
    expect(upload.mock.calls.map(([, key]) => key)).toEqual(['a1-0', 'a1-0', 'a1-1']);
  });

  it('need somebody who uploads them', async () => {
    const { outbox } = setUp();
    await outbox.open('ana');
    expect(() => outbox.send({ conversationId: 'c', body: '', attachments: [{ blob: new Blob(['x']), alt: '' }] })).toThrow('upload');
  });
});
