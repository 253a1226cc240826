import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, contact, session } from '@/api';
import { keep, type Keeper } from './keeper';
import { confirmAll } from './confirm';
import { MAX_BYTES, MAX_ENTRY_BYTES, firstPage, keyIs, whatGoes, whole, type KeptEntry, type KeptRule } from './rules';

const kept = vi.hoisted(() => new Map<string, unknown>());
const rest = vi.hoisted(() => vi.fn());
vi.mock('@/store', () => ({
  memory: {
    claim: async (userId: string) => {
      for (const key of kept.keys()) if (!key.startsWith(`${userId} `)) kept.delete(key);
    },
    get: async (key: string) => structuredClone(kept.get(key)),
    all: async (prefix: string) => [...kept].filter(([key]) => key.startsWith(prefix)).map(([, value]) => structuredClone(value)),
    set: async (key: string, value: unknown) => void kept.set(key, structuredClone(value)),
    delete: async (key: string) => void kept.delete(key),
  },
}));
vi.mock('@/api', async (original) => ({ ...(await original<object>()), rest }));

const rules: KeptRule[] = [
  { name: 'post', matches: (key) => keyIs(key, ['post'], 2), limit: 3, ...whole, path: (key) => `/posts/${String(key[1])}` },
  { name: 'feed', matches: (key) => keyIs(key, ['feed']), limit: 1, ...firstPage(2), path: () => '/feed' },
];
const logIn = (id: string) => session.start({ access_token: 't', expires_in: 900, token_type: 'Bearer', me: { id } } as never);
const refused = (status: number) => new ApiError('not_found', status, 'No such post.');
const offline = () => new ApiError('network', 0, 'The server could not be reached.');

let keeper: Keeper | undefined;
let onForbidden = vi.fn();

function start(userId = 'me') {
  keeper?.end();
  logIn(userId);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: 'always' } } });
  onForbidden = vi.fn();
  keeper = keep({ client, userId, rules, onForbidden });
  return client;
}

/** A screen that asks for a post. */
function look(client: QueryClient, id: string, answer: () => Promise<unknown>) {
  const observer = new QueryObserver(client, { queryKey: ['post', id], queryFn: answer });
  return { observer, leave: observer.subscribe(() => undefined) };
}

const never = () => new Promise(() => undefined);
const names = () => [...kept.keys()].filter((key) => key.startsWith('me kept'));

beforeEach(() => {
  vi.useFakeTimers();
  kept.clear();
  contact.note(true);
  rest.mockReset();
});

afterEach(() => {
  keeper?.end();
  session.end();
  vi.useRealTimers();
});

async function remember(...ids: string[]) {
  const client = start();
  for (const id of ids) {
    client.setQueryData(['post', id], { id, body: `post ${id}` });
    await vi.advanceTimersByTimeAsync(1_000);
  }
  await vi.advanceTimersByTimeAsync(5_000);
}

describe('what is kept on this device', () => {
  it('is shown when the server cannot be reached, as something old', async () => {
    await remember('a');
    contact.note(false);
    const client = start();
    const { observer } = look(client, 'a', () => Promise.reject(offline()));
    await vi.advanceTimersByTimeAsync(10);
    expect(observer.getCurrentResult().data).toEqual({ id: 'a', body: 'post a' });
    expect(client.getQueryState(['post', 'a'])?.dataUpdatedAt).toBe(0);
  });

  it('is shown when the answer takes long, and then makes way for it', async () => {
    await remember('a');
    const client = start();
    let answer = (_post: unknown) => {};
    const { observer } = look(client, 'a', () => new Promise((resolve) => (answer = resolve)));
    await vi.advanceTimersByTimeAsync(500);
    expect(observer.getCurrentResult().data).toBeUndefined();
    await vi.advanceTimersByTimeAsync(500);
    expect(observer.getCurrentResult().data).toEqual({ id: 'a', body: 'post a' });
    answer({ id: 'a', body: 'edited' });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(observer.getCurrentResult().data).toEqual({ id: 'a', body: 'edited' });
    expect(kept.get('me kept post ["post","a"]')).toMatchObject({ data: { body: 'edited' } });
  });

  it('does not take the place of what the server has said meanwhile', async () => {
    await remember('a');
    const client = start();
    const { observer } = look(client, 'a', () => Promise.resolve({ id: 'a', body: 'new' }));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(observer.getCurrentResult().data).toEqual({ id: 'a', body: 'new' });
  });

  it.each([403, 404, 410])('goes from the screen and the store when the server answers %i', async (status) => {
    await remember('a');
    const client = start();
    client.setQueryData(['post', 'a'], { id: 'a', body: 'on the screen' }, { updatedAt: 1 });
    const { observer } = look(client, 'a', () => Promise.reject(refused(status)));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(observer.getCurrentResult()).toMatchObject({ data: undefined, isError: true });
    expect(names()).toEqual([]);
    expect(onForbidden).toHaveBeenCalledWith(['post', 'a']);
  });

  it('is not brought back after a refusal that came before it', async () => {
    await remember('a');
    const client = start();
    const { observer } = look(client, 'a', () => Promise.reject(refused(404)));
    await vi.advanceTimersByTimeAsync(3_000);
    expect(observer.getCurrentResult().data).toBeUndefined();
  });

  it('is never what nobody allowed', async () => {
    const client = start();
    client.setQueryData(['sessions'], [{ device: 'phone' }]);
    client.setQueryData(['post', 'a', 'likes'], []);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(names()).toEqual([]);
  });

  it('is the first page of a list, and no more of it than allowed', async () => {
    const client = start();
    client.setQueryData(['feed'], { pages: [{ items: [1, 2, 3], next: 'x' }, { items: [4], next: null }], pageParams: [undefined, 'x'] });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(kept.get('me kept feed ["feed"]')).toMatchObject({ data: { items: [1, 2] } });
  });

  it('holds as many of a kind as allowed, and those looked at last', async () => {
    await remember('a', 'b', 'c', 'd');
    expect(names()).toEqual(['b', 'c', 'd'].map((id) => `me kept post ["post","${id}"]`));
  });

  it('is not shown to another person', async () => {
    await remember('a');
    contact.note(false);
    const client = start('other');
    const { observer } = look(client, 'a', () => Promise.reject(offline()));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(observer.getCurrentResult().data).toBeUndefined();
    expect(kept.size).toBe(0);
  });

  it('is not written any more once the person has logged out', async () => {
    const client = start();
    client.setQueryData(['post', 'a'], { id: 'a' });
    session.end();
    kept.clear();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(kept.size).toBe(0);
  });
});

describe('at the next contact', () => {
  async function contactAgain(client: QueryClient) {
    const done = confirmAll(client, keeper as Keeper, onForbidden, () => true);
    await vi.advanceTimersByTimeAsync(10_000);
    await done;
  }

  it('everything is read again: what is refused goes, the rest is current', async () => {
    await remember('a', 'b');
    const client = start();
    rest.mockImplementation(({ path }: { path: string }) => (path === '/posts/a' ? Promise.reject(refused(404)) : Promise.resolve({ id: 'b', body: 'edited' })));
    await contactAgain(client);
    expect(names()).toEqual(['me kept post ["post","b"]']);
    expect(kept.get('me kept post ["post","b"]')).toMatchObject({ data: { body: 'edited' } });
    expect(onForbidden.mock.calls).toEqual([[['post', 'a']]]);
  });

  it('what the page has just read is not asked for twice', async () => {
    await remember('a');
    const client = start();
    const done = confirmAll(client, keeper as Keeper, onForbidden, () => true);
    client.setQueryData(['post', 'a'], { id: 'a', body: 'just now' });
    await vi.advanceTimersByTimeAsync(10_000);
    await done;
    expect(rest).not.toHaveBeenCalled();
  });

  it('what another tab has read since is not asked for once more', async () => {
    await remember('a', 'b');
    const client = start();
    const since = Date.now();
    kept.set('me kept post ["post","b"]', { ...(kept.get('me kept post ["post","b"]') as object), at: since });
    rest.mockResolvedValue({ id: 'a', body: 'edited' });
    const done = confirmAll(client, keeper as Keeper, onForbidden, () => true, since);
    await vi.advanceTimersByTimeAsync(10_000);
    await done;
    expect(rest.mock.calls).toEqual([[{ method: 'GET', path: '/posts/a' }]]);
  });

  it('nothing goes because the server was busy or gone', async () => {
    await remember('a', 'b');
    const client = start();
    rest.mockRejectedValue(new ApiError('unavailable', 503, ''));
    await contactAgain(client);
    expect(rest).toHaveBeenCalledTimes(1);
    expect(names()).toHaveLength(2);
  });
});

describe('limits', () => {
  const entry = (id: string, more: Partial<KeptEntry> = {}): KeptEntry => ({ rule: 'post', key: ['post', id], at: 1_000, usedAt: 1_000, bytes: 10, data: id, ...more });
  const gone = (entries: KeptEntry[], now = 1_000, limit = 10) => whatGoes(entries, [{ name: 'post', limit }], now).map(({ data }) => data);
  const DAY = 24 * 60 * 60_000;

  it('by number, the ones used longest ago first', () => {
    expect(gone([entry('a', { usedAt: 3 }), entry('b', { usedAt: 1 }), entry('c', { usedAt: 2 })], 10, 2)).toEqual(['b']);
  });

  it('by age: two weeks unconfirmed, a month unused', () => {
    const now = 100 * DAY;
    expect(gone([entry('a', { at: now - 15 * DAY, usedAt: now }), entry('b', { at: now, usedAt: now - 31 * DAY }), entry('c', { at: now - 13 * DAY, usedAt: now - 29 * DAY })], now).toSorted()).toEqual(['a', 'b']);
  });

  it('by bytes', () => {
    const many = Array.from({ length: 40 }, (_, index) => entry(String(index), { usedAt: index, bytes: MAX_ENTRY_BYTES }));
    const left = 40 - gone(many, 1_000, 100).length;
    expect(left * MAX_ENTRY_BYTES).toBeLessThanOrEqual(MAX_BYTES);
    expect(left).toBeGreaterThan(10);
  });

  it('of a kind that is not kept any more nothing stays', () => {
    expect(gone([entry('a', { rule: 'former' })])).toEqual(['a']);
  });

  it('one entry that is too big is not kept', async () => {
    const client = start();
    client.setQueryData(['post', 'a'], { id: 'a', body: 'x'.repeat(MAX_ENTRY_BYTES) });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(names()).toEqual([]);
  });
});

it('a page that nobody answers keeps its skeleton when nothing is kept', async () => {
  const client = start();
  const { observer } = look(client, 'a', never);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(observer.getCurrentResult().isPending).toBe(true);
});
