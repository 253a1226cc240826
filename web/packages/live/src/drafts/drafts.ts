// Runs the machine of each conversation: timers, storage, requests, and the word of other tabs.
import { backoffDelay } from '../backoff';
import { failureOf, within } from '../errors';
import type { DraftStorage, StoredDraft, Superseded } from '../outbox/storage';
import type { Channel } from '../outbox/tabs';
import type { DraftMark } from '../protocol';
import { isDirty, step } from './machine';
import { EMPTY, type DraftEffect, type DraftEvent, type DraftState, type Sending, type Tools } from './state';

export interface RemoteDraft extends DraftMark {
  body: string;
}

export interface DraftsOptions<Extra> extends Tools {
  storage: DraftStorage;
  /** Rejects with the code `draft_outdated` when the server has a newer one. */
  put: (conversationId: string, body: string, mark: DraftMark) => Promise<unknown>;
  read: (conversationId: string) => Promise<RemoteDraft>;
  /** Into the outbox. Null: the person has logged out. */
  move: (conversationId: string, sending: Sending, extra: Extra) => Promise<{ isDurable: boolean } | null>;
  channel: Channel | null;
  /** Which text stood in this tab before it was loaded again. */
  tab?: { read: (conversationId: string) => string | null; write: (conversationId: string, key: string) => void };
  random?: () => number;
}

type Word =
  | { type: 'stored'; row: StoredDraft }
  | { type: 'erased'; conversationId: string; key: string }
  | { type: 'sent'; conversationId: string; key: string; body: string; revision: number };
type Broadcast = Word & { person: string; from: string };
type Timer = ReturnType<typeof setTimeout>;

interface Room<Extra> {
  state: DraftState;
  failures: number;
  pause: Timer | undefined;
  retry: Timer | undefined;
  extra: Extra | undefined;
  /** Called when the text is in the outbox. */
  moved: ((isDurable: boolean) => void) | null;
}

const PAUSE_MS = 1_500;
/** Storage that hangs must not hold back what is written. */
const STORAGE_TIMEOUT_MS = 3_000;
const PUT_TIMEOUT_MS = 20_000;

export class Drafts<Extra = unknown> {
  readonly #options: DraftsOptions<Extra>;
  readonly #watchers = new Set<() => void>();
  readonly #id: string;
  #rooms = new Map<string, Room<Extra>>();
  #person: string | null = null;
  /** Rows by conversation, once the store was read. */
  #rows: Map<string, StoredDraft[]> | null = null;
  /** What waits in the outbox. */
  #sent: readonly Superseded[] = [];
  #isHung = false;

  constructor(options: DraftsOptions<Extra>) {
    this.#options = options;
    this.#id = options.newKey();
    if (options.channel) options.channel.onmessage = (event) => this.#hear(event.data as Broadcast);
  }

  subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** The same object until something changes. */
  of(conversationId: string): DraftState {
    return this.#rooms.get(conversationId)?.state ?? EMPTY;
  }

  isDirty(conversationId: string): boolean {
    return isDirty(this.of(conversationId), this.#options);
  }

  async open(person: string): Promise<void> {
    if (this.#person === person) return;
    this.close();
    this.#person = person;
    const { storage } = this.#options;
    const read = () => Promise.all([storage.loadDrafts(person), storage.load(person)]);
    const [drafts, entries] = await this.#stored(read).catch(() => [[], []] as const);
    if (this.#person !== person) return;
    this.#rows = new Map();
    for (const row of drafts) this.#rows.set(row.conversationId, [...(this.#rows.get(row.conversationId) ?? []), row]);
    this.#sent = entries.flatMap((entry) => entry.draft?.over ?? []);
    for (const id of new Set([...this.#rooms.keys(), ...this.#rows.keys()])) this.#load(id);
  }

  /** The person has logged out, or the page shows somebody else: nothing stays in memory. */
  close(): void {
    for (const room of this.#rooms.values()) {
      clearTimeout(room.pause);
      clearTimeout(room.retry);
      room.moved?.(false);
    }
    this.#rooms = new Map();
    this.#rows = null;
    this.#sent = [];
    this.#person = null;
    this.#changed();
  }

  type(conversationId: string, body: string): void {
    this.#take(conversationId, { type: 'typed', body });
  }

  /** Chooses what is answered. */
  answer(conversationId: string, about: unknown): void {
    this.#take(conversationId, { type: 'answers', about });
  }

  hold(conversationId: string, isHeld: boolean): void {
    if (this.of(conversationId).isHeld !== isHeld) this.#take(conversationId, { type: 'held', isHeld });
  }

  noteRemote(conversationId: string, draft: RemoteDraft): void {
    this.#take(conversationId, { type: 'remote', ...named(draft) });
  }

  /** The connection is back, or the page is about to go. */
  flush(): void {
    for (const id of this.#rooms.keys()) this.#take(id, { type: 'flush' });
  }

  /** Resolves when the field has been emptied: to false when storage failed, and the message is in memory alone. */
  send(conversationId: string, body: string, extra: Extra): Promise<boolean> {
    const room = this.#room(conversationId);
    if (room.state.sending || !this.#person) return Promise.resolve(false);
    return new Promise((resolve) => {
      Object.assign(room, { extra, moved: resolve });
      this.#take(conversationId, { type: 'send', body });
    });
  }

  #room(id: string): Room<Extra> {
    let room = this.#rooms.get(id);
    if (!room) {
      room = { state: EMPTY, failures: 0, pause: undefined, retry: undefined, extra: undefined, moved: null };
      this.#rooms.set(id, room);
      if (this.#rows) this.#load(id);
    }
    return room;
  }

  #load(id: string): void {
    const rows = this.#rows?.get(id) ?? [];
    if (this.of(id).isLoaded) return;
    this.#take(id, { type: 'loaded', rows, ownKey: this.#options.tab?.read(id) ?? null, sent: this.#sent });
    this.#take(id, { type: 'flush' });
  }

  #take(id: string, event: DraftEvent): void {
    const room = this.#room(id);
    const before = room.state;
    const { state, effects } = step(before, event, id, this.#options);
    room.state = state;
    const own = ownKeyOf(state);
    if (own !== ownKeyOf(before)) this.#options.tab?.write(id, own);
    for (const effect of effects) this.#do(id, room, effect);
    if (state.body !== before.body || state.about !== before.about || state.sending !== before.sending) this.#changed();
  }

  #do(id: string, room: Room<Extra>, effect: DraftEffect): void {
    const person = this.#person;
    if (!person) return;
    /** What comes back after a log-out is nobody's. */
    const take = (event: DraftEvent) => {
      if (this.#rooms.get(id) === room) this.#take(id, event);
    };
    const { storage, put, read, random = Math.random } = this.#options;
    switch (effect.type) {
      case 'store':
        void this.#stored(() => storage.putDraft(person, effect.row)).then(
          () => {
            this.#tell({ type: 'stored', row: effect.row }, person);
            take({ type: 'stored', row: effect.row });
          },
          () => take({ type: 'storeFailed' }),
        );
        break;
      case 'erase':
        void this.#stored(() => storage.removeDraft(person, id, effect.row)).then(
          () => {
            this.#tell({ type: 'erased', conversationId: id, key: effect.row.key }, person);
            take({ type: 'erased', row: effect.row });
          },
          () => take({ type: 'storeFailed' }),
        );
        break;
      case 'move':
        void this.#move(id, room, effect.sending, person);
        break;
      case 'put':
        within(PUT_TIMEOUT_MS, put(id, effect.body, effect.mark)).then(
          () => {
            room.failures = 0;
            take({ type: 'putDone', revision: effect.mark.revision });
          },
          (error: unknown) => {
            const failure = failureOf(error);
            const reason = failure.code === 'draft_outdated' ? 'outdated' : failure.isTemporary ? 'lost' : 'refused';
            take({ type: 'putFailed', revision: effect.mark.revision, reason });
          },
        );
        break;
      case 'read':
        read(id).then(
          (draft) => take({ type: 'remote', ...named(draft) }),
          () => take({ type: 'readFailed' }),
        );
        break;
      case 'wait': {
        const isPause = effect.for === 'pause';
        clearTimeout(isPause ? room.pause : room.retry);
        const timer = setTimeout(() => take({ type: 'due' }), isPause ? PAUSE_MS : backoffDelay((room.failures += 1), random));
        if (isPause) room.pause = timer;
        else room.retry = timer;
        break;
      }
    }
  }

  async #move(id: string, room: Room<Extra>, sending: Sending, person: string): Promise<void> {
    const moved = await this.#options.move(id, sending, room.extra as Extra).catch(() => null);
    const { text, draft } = sending;
    if (moved) this.#tell({ type: 'sent', conversationId: id, key: text.key, body: text.body, revision: draft.isTold ? draft.revision : 0 }, person);
    if (this.#rooms.get(id) !== room) return;
    const resolve = room.moved;
    Object.assign(room, { extra: undefined, moved: null });
    this.#take(id, moved ? { type: 'moved', isDurable: moved.isDurable } : { type: 'moveFailed' });
    resolve?.(moved?.isDurable ?? false);
  }

  #hear(word: Broadcast): void {
    if (word.person !== this.#person || word.from === this.#id) return;
    if (word.type === 'stored') {
      const id = word.row.conversationId;
      // Known here before the conversation is looked at.
      if (!this.#rooms.has(id)) this.#rows?.set(id, [...(this.#rows.get(id) ?? []).filter(({ key }) => key !== word.row.key), word.row]);
      this.#take(id, { type: 'otherStored', row: word.row, keeps: this.#id > word.from });
    } else if (word.type === 'erased') {
      this.#take(word.conversationId, { type: 'otherErased', key: word.key });
    } else {
      this.#take(word.conversationId, { type: 'otherSent', key: word.key, body: word.body, revision: word.revision });
    }
  }

  #tell(word: Word, person: string): void {
    this.#options.channel?.postMessage({ ...word, person, from: this.#id } satisfies Broadcast);
  }

  /** While one operation hangs, the others fail at once. */
  async #stored<R>(act: () => Promise<R>): Promise<R> {
    if (this.#isHung) throw new Error('The storage hangs.');
    let isOver = false;
    const doing = act().finally(() => {
      isOver = true;
      this.#isHung = false;
    });
    try {
      return await within(STORAGE_TIMEOUT_MS, doing);
    } catch (error) {
      if (!isOver) this.#isHung = true;
      throw error;
    }
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

/** What was begun in another tab is not this one's, also after it is loaded again. */
const ownKeyOf = (state: DraftState): string => (state.isTyped ? state.key : '');

/** Clients of other kinds may leave the key out. */
function named({ body, key, revision }: RemoteDraft): RemoteDraft {
  return { body, key: key || (body && `unnamed-${revision}`), revision };
}
