// The storage of browsers. Every operation is a transaction of its own, and the database is opened at the first.
import { endOf, type DraftStorage, type OutboxStorage, type StoredDraft, type StoredEntry, type Superseded } from './storage';

/** 1 had no drafts. */
const VERSION = 2;
const ENTRIES = 'entries';
const DRAFTS = 'drafts';

type Row = StoredEntry & { person: string };
type DraftRow = StoredDraft & { person: string };
type Stores = Record<typeof ENTRIES | typeof DRAFTS, IDBObjectStore>;

export class IndexedDbStorage implements OutboxStorage, DraftStorage {
  readonly #name: string;
  #database: Promise<IDBDatabase> | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  load(person: string): Promise<StoredEntry[]> {
    return this.#do('readonly', ({ entries }) => entries.getAll(everythingOf(person)) as IDBRequest<Row[]>);
  }

  async put(person: string, entry: StoredEntry): Promise<void> {
    await this.#do('readwrite', ({ entries, drafts }) => {
      const { draft, conversationId } = entry;
      for (const row of draft?.over ?? []) removeRow(drafts, [person, conversationId], row);
      if (draft?.isTold) drafts.put({ ...endOf(entry, draft, Date.now()), person } satisfies DraftRow);
      return entries.put({ ...entry, person } satisfies Row);
    });
  }

  async remove(person: string, clientId: string): Promise<void> {
    await this.#do('readwrite', ({ entries }) => entries.delete([person, clientId]));
  }

  async clear(person: string): Promise<void> {
    await this.#do('readwrite', ({ entries, drafts }) => {
      drafts.delete(everythingOf(person));
      return entries.delete(everythingOf(person));
    });
  }

  /** What anybody else has left here goes. */
  async keepOnly(person: string): Promise<void> {
    const { lower, upper } = everythingOf(person);
    await this.#do('readwrite', ({ entries, drafts }) => {
      for (const others of [IDBKeyRange.upperBound(lower, true), IDBKeyRange.lowerBound(upper, true)]) {
        entries.delete(others);
        drafts.delete(others);
      }
    });
  }

  loadDrafts(person: string): Promise<StoredDraft[]> {
    return this.#do('readonly', ({ drafts }) => drafts.getAll(everythingOf(person)) as IDBRequest<DraftRow[]>);
  }

  async putDraft(person: string, draft: StoredDraft): Promise<void> {
    await this.#do('readwrite', ({ drafts }) => drafts.put({ ...draft, person } satisfies DraftRow));
  }

  async removeDraft(person: string, conversationId: string, row: Superseded): Promise<void> {
    await this.#do('readwrite', ({ drafts }) => removeRow(drafts, [person, conversationId], row));
  }

  async #do<R>(mode: IDBTransactionMode, act: (stores: Stores) => IDBRequest<R> | void): Promise<R> {
    const opening = (this.#database ??= this.#open());
    const database = await opening.catch((error: unknown) => {
      // The next one tries again.
      if (this.#database === opening) this.#database = null;
      throw error;
    });
    return new Promise<R>((resolve, reject) => {
      const transaction = database.transaction([ENTRIES, DRAFTS], mode);
      let request: IDBRequest<R> | void;
      transaction.oncomplete = () => resolve((request ? request.result : undefined) as R);
      transaction.onabort = () => reject(transaction.error ?? new Error('The transaction was aborted.'));
      try {
        request = act({ entries: transaction.objectStore(ENTRIES), drafts: transaction.objectStore(DRAFTS) });
      } catch (error) {
        // Half of it must not stay: a draft would go without its message.
        reject(error as Error);
        transaction.abort();
      }
    });
  }

  #open(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const opening = indexedDB.open(this.#name, VERSION);
      opening.onupgradeneeded = ({ oldVersion }) => {
        if (oldVersion < 1) opening.result.createObjectStore(ENTRIES, { keyPath: ['person', 'clientId'] });
        if (oldVersion < 2) opening.result.createObjectStore(DRAFTS, { keyPath: ['person', 'conversationId', 'key'] });
      };
      opening.onsuccess = () => {
        const database = opening.result;
        // Another tab has a newer version of this client: make way, and open again when needed.
        database.onversionchange = () => {
          database.close();
          this.#database = null;
        };
        database.onclose = () => {
          this.#database = null;
        };
        resolve(database);
      };
      opening.onerror = () => reject(opening.error ?? new Error('The database could not be opened.'));
    });
  }
}

/** Keys that begin with this person: an array sorts after every string. */
function everythingOf(person: string): IDBKeyRange {
  return IDBKeyRange.bound([person], [person, []]);
}

function removeRow(drafts: IDBObjectStore, place: [person: string, conversationId: string], { key, body }: Superseded): void {
  if (body === null) {
    drafts.delete([...place, key]);
    return;
  }
  const stored = drafts.get([...place, key]) as IDBRequest<DraftRow | undefined>;
  stored.onsuccess = () => {
    if (stored.result?.body === body) drafts.delete([...place, key]);
  };
}
