// The driver with a fake server and storage in memory; every order of events is tried in machine.test.ts.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryStorage, type DraftStorage, type StoredEntry } from '../outbox/storage';
import type { Channel } from '../outbox/tabs';
import type { DraftMark } from '../protocol';
import { Drafts, type DraftsOptions } from './drafts';

class FakeServer {
  body = '';
  mark: DraftMark = { key: '', revision: 0 };
  readonly puts: string[] = [];
  open = 0;
  mostOpen = 0;
  failures: unknown[] = [];

  put = async (_id: string, body: string, { key, revision, after = 0 }: DraftMark) => {
    this.puts.push(body);
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    await new Promise((resolve) => setTimeout(resolve, 50));
    this.open -= 1;
    const failure = this.failures.shift();
    if (failure) throw failure;
    const isKnown = after >= this.mark.revision || (key === this.mark.key && this.body !== '');
    if (revision <= this.mark.revision || !isKnown) throw Object.assign(new Error(), { code: 'draft_outdated', status: 409 });
    this.body = body;
    this.mark = { key, revision };
  };
  read = async () => ({ body: this.body, ...this.mark });
  frame = () => ({ body: this.body, ...this.mark });
}

/** Everybody but the sender hears it. */
function air() {
  const channels = new Set<Channel>();
  return (): Channel => {
    const mine: Channel = {
      onmessage: null,
      postMessage: (data) => channels.forEach((other) => other !== mine && other.onmessage?.({ data: structuredClone(data) })),
      close: () => channels.delete(mine),
    };
    channels.add(mine);
    return mine;
  };
}

let made = 0;
const settle = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds);

function tab({ server = new FakeServer(), storage = new MemoryStorage() as MemoryStorage & DraftStorage, channel = null as Channel | null, own = new Map<string, string>() } = {}) {
  const moved: string[] = [];
  const move: DraftsOptions<unknown>['move'] = async (conversationId, { body, draft }) => {
    moved.push(body);
    const entry: StoredEntry = { clientId: `m${(made += 1)}`, conversationId, body, images: [], attachments: [], replyTo: null, forwardOf: null, createdAt: '', order: made, draft, error: null };
    await storage.put('ana', entry);
    return { isDurable: true };
  };
  const drafts = new Drafts({
    storage,
    put: server.put,
    read: server.read,
    move,
    channel,
    tab: { read: (id) => own.get(id) ?? null, write: (id, key) => own.set(id, key) },
    now: Date.now,
    newKey: () => `k${(made += 1)}`,
    isBlank: (text) => text.trim() === '',
    isTooLong: (text) => text.length > 10,
    random: () => 0.5,
  });
  return { drafts, server, storage, own, moved, text: () => drafts.of('c').body };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function opened(options: Parameters<typeof tab>[0] = {}) {
  const one = tab(options);
  await one.drafts.open('ana');
  await settle();
  return one;
}

describe('a draft', () => {
  it('is in storage at every key, and on the server after a pause; never two requests at once', async () => {
    const { drafts, server, storage } = await opened();
    for (const body of ['t', 'te', 'tea']) drafts.type('c', body);
    await settle();
    expect((await storage.loadDrafts('ana')).map(({ body }) => body)).toEqual(['tea']);
    expect(server.puts).toEqual([]);
    await settle(1_510);
    drafts.type('c', 'tea at');
    drafts.flush();
    drafts.type('c', 'tea at 3');
    drafts.flush();
    await settle(5_000);
    expect(server.body).toBe('tea at 3');
    expect(server.mostOpen).toBe(1);
  });

  it('that is too long is stored here whole, and the server keeps what it had', async () => {
    const { drafts, server, storage, text } = await opened();
    drafts.type('c', 'short');
    await settle(2_000);
    drafts.type('c', 'much too long');
    await settle(60_000);
    drafts.noteRemote('c', { ...server.frame(), revision: server.mark.revision + 1 });
    expect(text()).toBe('much too long');
    expect(server.puts).toEqual(['short']);
    expect((await storage.loadDrafts('ana')).map(({ body }) => body)).toEqual(['much too long']);
  });

  it('goes to the server again after it could not be reached', async () => {
    const { drafts, server } = await opened();
    server.failures = [new TypeError('fetch failed'), new TypeError('fetch failed')];
    drafts.type('c', 'tea');
    await settle(60_000);
    expect(server.body).toBe('tea');
  });

  it('is there again after a reload, also when nothing had reached the server', async () => {
    const first = await opened();
    first.drafts.type('c', 'tea');
    first.drafts.answer('c', { id: 'm1' });
    await settle();
    first.drafts.close();
    const second = await opened({ ...first });
    expect(second.text()).toBe('tea');
    expect(second.drafts.of('c').about).toEqual({ id: 'm1' });
    await settle(100);
    expect(second.server.body).toBe('tea');
  });
});

describe('a draft from another device', () => {
  const remote = (body: string, revision: number, key = 'r.1') => ({ body, key, revision });

  it('is taken over when nothing is here, and followed while nobody writes', async () => {
    const { drafts, text } = await opened();
    drafts.noteRemote('c', remote('tea', 5));
    expect(text()).toBe('tea');
    drafts.noteRemote('c', remote('tea or', 6));
    expect(text()).toBe('tea or');
    drafts.noteRemote('c', remote('', 7));
    expect(text()).toBe('');
  });

  it('is not brought back by an answer that is older than what is known', async () => {
    const { drafts, text } = await opened();
    drafts.noteRemote('c', remote('', 7));
    drafts.noteRemote('c', remote('tea', 6));
    expect(text()).toBe('');
  });

  it('changes nothing in a field that is being edited, and waits until it is left', async () => {
    const { drafts, text } = await opened();
    drafts.noteRemote('c', remote('tea', 5));
    drafts.hold('c', true);
    drafts.noteRemote('c', remote('tea or', 6));
    expect(text()).toBe('tea');
    drafts.hold('c', false);
    expect(text()).toBe('tea or');
  });

  it('never overwrites words that are not saved yet', async () => {
    const { drafts, server, text } = await opened();
    drafts.noteRemote('c', remote('tea', 5));
    Object.assign(server, { body: 'tea', mark: { key: 'r.1', revision: 5 } });
    drafts.type('c', 'tea at 3');
    drafts.noteRemote('c', remote('coffee', 6));
    expect(text()).toBe('tea at 3');
    await settle(5_000);
    expect(server.body).toBe('tea at 3');
  });

  it('is another text where both have written', async () => {
    const { drafts, text } = await opened();
    drafts.type('c', 'tea');
    await settle(5_000);
    drafts.noteRemote('c', remote('coffee', Date.now() + 1_000));
    expect(text()).toBe('tea');
  });
});

describe('sending', () => {
  it('empties the field when the message is stored, and not before', async () => {
    const { drafts, storage, text } = await opened();
    let store = () => {};
    const put = storage.put.bind(storage);
    storage.put = (person, entry) => new Promise((resolve) => (store = () => void put(person, entry).then(resolve)));
    drafts.type('c', 'tea');
    await settle();
    const sent = drafts.send('c', 'tea', null);
    await settle();
    expect([text(), drafts.of('c').sending !== null]).toEqual(['tea', true]);
    // What is typed meanwhile is the beginning of the next one.
    drafts.type('c', 'teaMore');
    store();
    await expect(sent).resolves.toBe(true);
    expect(text()).toBe('More');
  });

  it('twice at once is one message', async () => {
    const { drafts, moved } = await opened();
    drafts.type('c', 'tea');
    void drafts.send('c', 'tea', null);
    void drafts.send('c', 'tea', null);
    await settle(100);
    expect(moved).toEqual(['tea']);
  });

  it('is not undone by what the server still has after a reload', async () => {
    const first = await opened();
    first.drafts.type('c', 'tea');
    await settle(5_000);
    const old = first.server.frame();
    expect(old.body).toBe('tea');
    await first.drafts.send('c', 'tea', null);
    first.drafts.close();
    const second = await opened({ ...first });
    second.drafts.noteRemote('c', old);
    await settle(5_000);
    expect(second.text()).toBe('');
  });

  it('keeps the words when the outbox is closed', async () => {
    const { drafts, text } = await opened();
    drafts.type('c', 'tea');
    vi.spyOn(MemoryStorage.prototype, 'put').mockRejectedValueOnce(new Error('closed'));
    await expect(drafts.send('c', 'tea', null)).resolves.toBe(false);
    expect(text()).toBe('tea');
  });
});

describe('two tabs', () => {
  it('do not overwrite each other, and each has its words again after a reload', async () => {
    const [channel, server, storage] = [air(), new FakeServer(), new MemoryStorage()];
    const first = await opened({ channel: channel(), server, storage });
    const second = await opened({ channel: channel(), server, storage });
    for (const { drafts } of [first, second]) drafts.hold('c', true);
    first.drafts.type('c', 'first');
    second.drafts.type('c', 'second');
    await settle(10_000);
    expect([first.text(), second.text()]).toEqual(['first', 'second']);
    for (const each of [first, second]) {
      each.drafts.close();
      const again = await opened({ ...each, channel: channel() });
      await settle(5_000);
      expect(again.text()).toBe(each === first ? 'first' : 'second');
    }
  });

  it('sent from one, the same words go from the other, and others stay', async () => {
    const [channel, server, storage] = [air(), new FakeServer(), new MemoryStorage()];
    const first = await opened({ channel: channel(), server, storage });
    const second = await opened({ channel: channel(), server, storage });
    first.drafts.type('c', 'tea');
    await settle(100);
    expect(second.text()).toBe('tea');
    second.drafts.hold('c', true);
    await first.drafts.send('c', 'tea', null);
    expect(second.text()).toBe('');
    first.drafts.type('c', 'cake');
    await settle(100);
    second.drafts.type('c', 'other');
    await first.drafts.send('c', 'cake', null);
    await settle(100);
    expect(second.text()).toBe('other');
  });
});

describe('storage that', () => {
  it('hangs holds nothing back', async () => {
    const storage = new MemoryStorage();
    const put = storage.putDraft.bind(storage);
    storage.putDraft = (person, row) => (row.key ? new Promise(() => undefined) : put(person, row));
    const { drafts, server } = await opened({ storage });
    drafts.type('c', 'tea');
    await settle(10_000);
    drafts.flush();
    await settle(4_000);
    expect(server.body).toBe('tea');
    const sent = drafts.send('c', 'tea', null);
    await settle(10_000);
    await expect(sent).resolves.toBe(true);
  });
});

it('after a log-out nothing stays, and what comes back late is nobody’s', async () => {
  const { drafts, server, text } = await opened();
  drafts.type('c', 'tea');
  drafts.flush();
  drafts.close();
  await settle(5_000);
  expect(text()).toBe('');
  expect(server.puts.length).toBeLessThan(2);
});
