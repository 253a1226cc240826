// What is unsent, in memory and in storage. Memory is what screens show, at once; storage is what survives, and what other
// tabs see. What cannot be stored (a private window, a full disk) is in memory alone; while storage hangs, everything is.
import { within } from '../errors';
import type { OutboxStorage, StoredEntry } from './storage';

/** A database that hangs must not keep messages from being sent. */
const STORAGE_TIMEOUT_MS = 3_000;

export class Ledger {
  readonly person: string;
  readonly #storage: OutboxStorage;
  #entries: readonly StoredEntry[] = [];
  /** Changes in memory that storage does not have yet, by client_id. */
  readonly #unsaved = new Map<string, number>();
  /** One operation at a time, in the order they were asked for. */
  #queue: Promise<unknown> = Promise.resolve();
  /** An operation does not come to an end: the next ones are not even begun, until it does. */
  #isHung = false;
  #isCleared = false;

  constructor(person: string, storage: OutboxStorage) {
    this.person = person;
    this.#storage = storage;
  }

  get entries(): readonly StoredEntry[] {
    return this.#entries;
  }

  find(clientId: string): StoredEntry | undefined {
    return this.#entries.find((entry) => entry.clientId === clientId);
  }

  put(entry: StoredEntry): Promise<void> {
    const others = this.#entries.filter(({ clientId }) => clientId !== entry.clientId);
    this.#entries = [...others, entry].toSorted(inOrder);
    return this.#save(entry.clientId, () => this.#storage.put(this.person, entry));
  }

  /** Into storage first and then into memory. False when it is in memory alone. */
  async putDurably(entry: StoredEntry): Promise<boolean> {
    let isStored = false;
    await this.#enqueue(async () => {
      await this.#storage.put(this.person, entry);
      isStored = true;
    });
    // Cleared meanwhile: the person has logged out.
    if (this.#isCleared) return false;
    const isDurable = isStored;
    const others = this.#entries.filter(({ clientId }) => clientId !== entry.clientId);
    this.#entries = [...others, entry].toSorted(inOrder);
    // Storage that hangs gets it when it moves again.
    if (!isDurable) this.#unsaved.set(entry.clientId, 1);
    return isDurable;
  }

  remove(clientId: string): Promise<void> {
    this.#entries = this.#entries.filter((entry) => entry.clientId !== clientId);
    return this.#save(clientId, () => this.#storage.remove(this.person, clientId));
  }

  clear(): Promise<void> {
    this.#entries = [];
    this.#isCleared = true;
    return this.#enqueue(() => this.#storage.clear(this.person));
  }

  /** Takes in what other tabs have changed. */
  reload(): Promise<void> {
    return this.#enqueue(async () => {
      const stored = await this.#storage.load(this.person);
      const mine = this.#entries.filter((entry) => this.#unsaved.has(entry.clientId));
      const theirs = stored.filter((entry) => !this.#unsaved.has(entry.clientId));
      this.#entries = [...theirs, ...mine].toSorted(inOrder);
    });
  }

  async #save(clientId: string, act: () => Promise<void>): Promise<void> {
    this.#unsaved.set(clientId, (this.#unsaved.get(clientId) ?? 0) + 1);
    await this.#enqueue(async () => {
      await act();
      const left = (this.#unsaved.get(clientId) ?? 1) - 1;
      if (left > 0) this.#unsaved.set(clientId, left);
      else this.#unsaved.delete(clientId);
    });
  }

  /** Never rejects: what cannot be stored is still in memory. */
  #enqueue(act: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(async () => {
      if (this.#isHung) return;
      let isOver = false;
      const doing = act().finally(() => {
        isOver = true;
      });
      try {
        await within(STORAGE_TIMEOUT_MS, doing);
      } catch {
        if (isOver) return;
        this.#isHung = true;
        const goOn = () => this.#catchUp();
        void doing.then(goOn, goOn);
      }
    });
    this.#queue = done;
    return done;
  }

  /** Storage moves again: it gets what it has missed. */
  #catchUp(): void {
    this.#isHung = false;
    if (this.#isCleared) void this.clear();
    const missed = [...this.#unsaved.keys()];
    this.#unsaved.clear();
    for (const clientId of missed) {
      const entry = this.find(clientId);
      if (entry) void this.put(entry);
      else void this.remove(clientId);
    }
  }
}

function inOrder(a: StoredEntry, b: StoredEntry): number {
  return a.order - b.order || (a.clientId < b.clientId ? -1 : 1);
}
