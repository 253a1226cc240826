// The storage of browsers. Every operation is a transaction of its own, and the database is opened at the first.
import type { OutboxStorage, StoredEntry } from './storage';

const VERSION = 1;
const STORE = 'entries';

type Row = StoredEntry & { person: string };

export class IndexedDbStorage implements OutboxStorage {
  readonly #name: string;
  #database: Promise<IDBDatabase> | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  load(person: string): Promise<StoredEntry[]> {
    return this.#do('readonly', (store) => store.getAll(everythingOf(person)) as IDBRequest<Row[]>);
  }

  async put(person: string, entry: StoredEntry): Promise<void> {
    await this.#do('readwrite', (store) => store.put({ ...entry, person } satisfies Row));
  }

  async remove(person: string, clientId: string): Promise<void> {
    await this.#do('readwrite', (store) => store.delete([person, clientId]));
  }

  async clear(person: string): Promise<void> {
    await this.#do('readwrite', (store) => store.delete(everythingOf(person)));
  }

  async #do<R>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<R>): Promise<R> {
    const opening = (this.#database ??= this.#open());
    const database = await opening.catch((error: unknown) => {
      // The next one tries again.
      if (this.#database === opening) this.#database = null;
      throw error;
    });
    return new Promise<R>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error('The transaction was aborted.'));
    });
  }

  #open(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const opening = indexedDB.open(this.#name, VERSION);
      opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: ['person', 'clientId'] });
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
