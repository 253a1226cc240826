// What is shown is whole, whatever the order in which the kept page, the frames, the answers and the opening of a
// conversation come: a real live client and a real query cache, a server and a network in between that a test drives.
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { messaging, toItems, type Message, type Page, type Paged } from '@/api';
import { keys, live } from '@/entities';
import { LiveClient } from '@/live';
import { messagesQuery } from './api';
import { onChatEvent } from './liveEvents';
import { holesIn } from './log/useHistory';
import { toTimeline } from './log/timeline';
import { seenUpTo } from './log/useReading';
import { asOld, isOld } from './logPages';
import { aMessage } from './testing/server';

vi.mock('@/entities', async (original) => ({ ...(await original<object>()), live: { on: () => () => {} } }));

const PAGE = 5;
const MAX_MISSED = 6;

/** mulberry32, so that a failure can be repeated from its seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

interface Frame {
  seq: number;
  prev_seq: number;
  message: Message;
}

/** One conversation, `c`, on a server; what it sends waits until the test lets it through. */
class World {
  rows: Message[] = [];
  seq = 0;
  readonly wire: Frame[] = [];
  readonly answers: (() => void)[] = [];
  readonly client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  readonly live: LiveClient;
  #socket: (EventTarget & { readyState: number; send: (text: string) => void; close: () => void }) | null = null;
  #close: (() => void) | null = null;
  #observer: InfiniteQueryObserver<Page<Message>, Error, Paged<Message>, readonly ['messages', string], string | undefined> | null = null;
  readonly #shownEver = new Set<string>();
  #readSeq = 0;

  constructor() {
    const tokens = { current: () => ({ token: 't', expiresAt: Date.now() + 10 * 3_600_000 }), refresh: async () => true, subscribe: () => () => {} };
    this.live = new LiveClient({ url: 'ws://village.test', tokens, random: () => 0.5, createSocket: () => this.#makeSocket() as unknown as WebSocket });
    Object.assign(live, { seen: this.live.seen.bind(this.live), rewind: this.live.rewind.bind(this.live), mark: this.live.mark.bind(this.live), loaded: this.live.loaded.bind(this.live), mention: this.live.mention.bind(this.live), delivered: () => {} });
    this.live.on((event) => onChatEvent(event, this.client, 'me'));
    vi.spyOn(messaging, 'messages').mockImplementation((_, { cursor }) => {
      // Read now, and on its way for as long as the test likes.
      const below = this.rows.filter((row) => row.seq < (cursor ? Number(cursor) : Infinity)).toReversed();
      const items = below.slice(0, PAGE);
      const page: Page<Message> = { items: structuredClone(items), next: below.length > PAGE ? String(items.at(-1)?.seq) : null };
      return new Promise((resolve) => this.answers.push(() => resolve(page)));
    });
    vi.spyOn(messaging, 'conversations').mockResolvedValue({ items: [], next: null });
    this.live.start();
  }

  write(kind: 'text' | 'event' = 'text'): void {
    this.seq += 1;
    const number = (this.rows.at(-1)?.number ?? 0) + (kind === 'text' ? 1 : 0);
    const row = aMessage(this.seq, { conversation_id: 'c', number, kind });
    this.rows.push(row);
    this.wire.push({ seq: this.seq, prev_seq: this.seq - 1, message: row });
  }

  edit(index: number): void {
    const old = this.rows[index];
    if (!old) return;
    this.seq += 1;
    const row = { ...old, changed_seq: this.seq, body: `edited ${this.seq}` };
    this.rows[index] = row;
    this.wire.push({ seq: this.seq, prev_seq: this.seq - 1, message: row });
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === 1;
  }

  cut(): void {
    const socket = this.#socket;
    this.wire.length = 0;
    if (!socket || socket.readyState !== 1) return;
    socket.readyState = 3;
    socket.dispatchEvent(Object.assign(new Event('close'), { code: 1006 }));
  }

  hear(at = 0): void {
    const [frame] = this.wire.splice(at, 1);
    if (frame) this.#push({ type: 'message', conversation_id: 'c', ...frame });
  }

  beat(): void {
    this.#push({ type: 'heartbeat', conversations: { c: this.seq }, membership_seq: 1, notification_seq: 0 });
  }

  answer(at = 0): void {
    this.answers.splice(at, 1)[0]?.();
  }

  get isOpen(): boolean {
    return this.#close !== null;
  }

  open(): void {
    this.#observer = new InfiniteQueryObserver(this.client, messagesQuery('c'));
    this.#close = this.#observer.subscribe(() => {});
  }

  older(): void {
    if (this.#observer && !isOld(this.#observer.getCurrentResult().data)) void this.#observer.fetchNextPage({ cancelRefetch: false });
  }

  close(): void {
    this.#close?.();
    this.#close = null;
    this.#observer = null;
  }

  /** What somebody who looks at the end of the conversation sees, as MessageLog shows it; and what that marks as read. */
  look() {
    const result = this.#observer?.getCurrentResult();
    if (!result?.data) return null;
    const shown = toItems(result.data, (message) => message.id).toReversed();
    const holes = holesIn(shown);
    const marked = new Set(toTimeline(shown, null, holes).flatMap((day) => day.blocks.flatMap((block) => (block.type === 'hole' ? [block.before] : []))));
    for (const message of shown) this.#shownEver.add(message.id);
    const seen = seenUpTo(shown, holes, this.#readSeq, true, null);
    if (seen && seen.seq > this.#readSeq) {
      this.#readSeq = seen.seq;
      const first = shown[0]?.seq ?? 0;
      const unseen = this.rows.filter((row) => row.kind === 'text' && row.seq >= first && row.seq <= seen.seq && !this.#shownEver.has(row.id));
      if (unseen.length > 0) throw new Error(`${unseen.map((row) => row.seq).join()} were marked read unseen`);
    }
    const missing = this.rows.filter((row) => row.kind === 'text' && row.seq > (shown[0]?.seq ?? 0) && row.seq < (shown.at(-1)?.seq ?? 0) && !shown.some(({ id }) => id === row.id));
    for (const row of missing) {
      const isSaid = shown.some((message) => message.seq > row.seq && marked.has(message.id) && (shown[shown.indexOf(message) - 1]?.seq ?? 0) < row.seq);
      if (!isSaid) throw new Error(`${row.seq} is missing, and nothing says so`);
    }
    return { shown, isOld: isOld(result.data), isBusy: result.isFetching };
  }

  #makeSocket() {
    const socket = Object.assign(new EventTarget(), {
      readyState: 0,
      close: () => {
        socket.readyState = 3;
      },
      send: (text: string) => queueMicrotask(() => socket === this.#socket && this.#take(JSON.parse(text) as Record<string, unknown>)),
    });
    this.#socket = socket;
    setTimeout(() => {
      if (socket !== this.#socket || socket.readyState !== 0) return;
      socket.readyState = 1;
      socket.dispatchEvent(new Event('open'));
    }, 1);
    return socket;
  }

  #take(frame: Record<string, unknown>): void {
    const ack = (result: unknown) => this.#push({ type: 'ack', ref: frame['ref'], result });
    const asked = ((frame['resume'] as { conversations?: object } | undefined)?.conversations ?? frame['conversations'] ?? {}) as Record<string, number>;
    if (frame['type'] === 'hello') ack({ session_id: 's', user_id: 'me', heartbeat_seconds: 600, membership_seq: 1, notification_seq: 0, unread_notifications: 0 });
    const from = asked['c'];
    if (from !== undefined) {
      const messages = this.rows.filter((row) => row.changed_seq > from);
      if (messages.length > MAX_MISSED) this.#push({ type: 'gap', conversation_id: 'c', upto: this.seq });
      else this.#push({ type: 'rows', conversation_id: 'c', from, upto: this.seq, messages });
    }
    if (frame['type'] !== 'hello') ack({});
  }

  #push(frame: unknown): void {
    if (this.isConnected) this.#socket?.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }));
  }

  keep(upto: number): void {
    const items = this.rows.filter((row) => row.seq <= upto).toReversed().slice(0, PAGE);
    this.client.setQueryData<Paged<Message>>(keys.messages('c'), asOld({ pages: [{ items: structuredClone(items), next: 'kept' }], pageParams: [undefined] }), { updatedAt: 0 });
  }

  end(): void {
    this.close();
    this.live.stop();
    this.client.clear();
  }
}

const settle = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds);
let world: World;

beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => {
  world.end();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const seqs = () => world.look()?.shown.map(({ seq }) => seq);

describe('the log', () => {
  it('reads what lies between a kept page and a message that came before it was opened', async () => {
    for (let count = 0; count < 10; count += 1) world.write();
    world.wire.length = 0;
    world.keep(7);
    await settle(10);
    world.live.mention('c', 10);
    world.write();
    world.hear();
    world.open();
    await settle(10);
    // 8 to 10 are missing, and that is said.
    expect(seqs()).toEqual([3, 4, 5, 6, 7, 11]);
    expect(world.look()).toMatchObject({ isBusy: true, isOld: true });
    world.answer();
    await settle(10);
    expect(seqs()).toEqual([7, 8, 9, 10, 11]);
    expect(world.look()).toMatchObject({ isBusy: false, isOld: false });
  });

  it('that missed too much while nobody looked is read again when somebody does, whatever came after', async () => {
    world.write();
    world.open();
    await settle(10);
    world.answer();
    await settle(10);
    world.close();
    world.cut();
    for (let count = 0; count < 12; count += 1) world.write();
    world.wire.length = 0;
    await settle(2_000);
    world.write();
    world.hear();
    world.open();
    await settle(10);
    expect(world.look()?.isBusy).toBe(true);
    world.answer();
    await settle(10);
    expect(seqs()).toEqual([10, 11, 12, 13, 14]);
  });

  it('keeps a message that arrives while its other pages are read again', async () => {
    for (let count = 0; count < 9; count += 1) world.write();
    world.wire.length = 0;
    world.open();
    await settle(10);
    world.answer();
    await settle(10);
    world.older();
    await settle(10);
    world.answer();
    await settle(10);
    expect(seqs()).toHaveLength(9);
    void world.client.invalidateQueries({ queryKey: keys.messages('c') });
    await settle(10);
    world.answer();
    await settle(10);
    world.write();
    world.hear();
    expect(seqs()).toContain(10);
    world.answer();
    await settle(1);
    expect(seqs()).toContain(10);
  });

  it('keeps a message that arrives while an older page is on its way', async () => {
    for (let count = 0; count < 9; count += 1) world.write();
    world.wire.length = 0;
    world.open();
    await settle(10);
    world.answer();
    await settle(10);
    world.older();
    await settle(10);
    world.write();
    world.hear();
    // And a change of what is on its way, after it was read.
    world.edit(1);
    world.hear();
    world.answer();
    await settle(1);
    expect(seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await settle(1_000);
    expect(world.look()?.shown[1]?.body).toBe('edited 11');
  });

  it('has no hole that it does not show, and reads nothing unseen, in any order of things', async () => {
    world.end();
    for (let seed = 0; seed < 150; seed += 1) {
      try {
        await wander(seed);
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      } finally {
        world.end();
      }
    }
  }, 60_000);
});

async function wander(seed: number): Promise<void> {
  world = new World();
  const random = randomFrom(seed);
  const int = (below: number) => Math.floor(random() * below);
  for (let count = int(20); count >= 0; count -= 1) world.write(random() < 0.2 ? 'event' : 'text');
  world.wire.length = 0;
  if (random() < 0.7) world.keep(int(world.seq + 1));
  for (let step = 0; step < 80; step += 1) {
    const what = int(13);
    if (what < 3) world.write(random() < 0.15 ? 'event' : 'text');
    else if (what === 3) world.edit(int(world.rows.length));
    else if (what < 6) world.hear(int(Math.min(3, world.wire.length)));
    else if (what === 6) world.wire.splice(int(3), 1);
    else if (what === 7) world.answer(int(world.answers.length));
    else if (what === 8) world.live.mention('c', world.seq);
    else if (what === 9) world.beat();
    else if (what === 10) await settle(random() < 0.5 ? 1 : 400);
    else if (what === 11 && random() < 0.4) world.cut();
    else if (what === 12) {
      if (!world.isOpen) world.open();
      else if (random() < 0.5) world.older();
      else if (random() < 0.3) world.close();
    }
    await settle();
    world.look();
  }
  if (!world.isOpen) world.open();
  for (let round = 0; round < 40; round += 1) {
    await settle(1_000);
    while (world.wire.length > 0) world.hear();
    world.answer();
    world.beat();
    world.look();
  }
  const last = world.look();
  const first = last?.shown[0]?.seq ?? 0;
  const truth = world.rows.filter((row) => row.seq >= first).map((row) => `${row.seq} ${row.changed_seq}`);
  expect(last?.shown.map((row) => `${row.seq} ${row.changed_seq}`)).toEqual(truth);
  expect(last).toMatchObject({ isOld: false, isBusy: false });
}
