// The one IndexedDB store for what is remembered on this device for the person who is logged in: what was read last, and
// drafts. Keys start with the person's id and a space. Where there is no IndexedDB, nothing is remembered.
// Nothing of this may ever go into a cache that others can read, and all of it goes with the log-out.
// No token belongs here, and no picture or file but those of the post or message that this person is writing.

const NAME = 'village-kept';
const STORE = 'kept';
/** Until November 2026 the chat had a database of its own. */
const FORMER_NAME = 'village-chat';
/** Whose store it is. Keys of people contain a space, so this is nobody's. */
const OWNER = 'owner';

let opening: Promise<IDBDatabase | null> | null = null;

function open(): Promise<IDBDatabase | null> {
  opening ??= new Promise((resolve) => {
    if (typeof indexedDB === 'undefined') {
      resolve(null);
      return;
    }
    let request: IDBOpenDBRequest;
    try {
      request = indexedDB.open(NAME, 1);
    } catch {
      resolve(null); // Forbidden by a setting.
      return;
    }
    request.addEventListener('upgradeneeded', () => {
      request.result.createObjectStore(STORE);
      indexedDB.deleteDatabase(FORMER_NAME);
    });
    request.addEventListener('success', () => {
      const database = request.result;
      // Another tab has a newer version of this client, or the browser took the storage: make way, open again when needed.
      const close = () => {
        database.close();
        opening = null;
      };
      database.addEventListener('versionchange', close);
      database.addEventListener('close', close);
      resolve(database);
    });
    request.addEventListener('error', () => resolve(null));
    request.addEventListener('blocked', () => resolve(null));
  });
  return opening;
}

/** Resolves when the transaction is written, and to undefined where that is impossible: a full disk or a private window. */
async function run<T>(mode: IDBTransactionMode, task: (store: IDBObjectStore) => IDBRequest<T> | void): Promise<T | undefined> {
  const database = await open();
  if (!database) return undefined;
  return new Promise((resolve) => {
    let transaction: IDBTransaction | undefined;
    try {
      transaction = database.transaction(STORE, mode);
      const request = task(transaction.objectStore(STORE));
      transaction.addEventListener('complete', () => resolve(request ? request.result : undefined));
      transaction.addEventListener('abort', () => resolve(undefined));
    } catch {
      transaction?.abort();
      resolve(undefined);
    }
  });
}

/** In the middle of a transaction, where nobody could catch what `put` throws: what cannot be written undoes the rest. */
function putInside(store: IDBObjectStore, value: unknown, key: string): void {
  try {
    store.put(value, key);
  } catch {
    store.transaction.abort();
  }
}

/** Storage that hangs must not hold back what somebody does: after this, it is taken for one that keeps nothing. */
const PATIENCE_MS = 4_000;
let isHung = false;

/** Like `run`, in time. While one hangs, the others fail at once. */
async function runInTime<T>(mode: IDBTransactionMode, task: (store: IDBObjectStore) => IDBRequest<T> | void): Promise<T | undefined> {
  if (isHung) return undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      isHung = true;
      resolve(undefined);
    }, PATIENCE_MS);
  });
  const running = run(mode, task).finally(() => {
    clearTimeout(timer);
    isHung = false;
  });
  return Promise.race([running, patience]);
}

const rangeOf = (prefix: string) => IDBKeyRange.bound(prefix, `${prefix}\uffff`);

/**
 * Writes only for the person the store belongs to, decided in the same transaction. A tab that has not yet heard of a
 * log-out in another one would otherwise put something back into a store that was just emptied.
 */
async function setForOwner(key: string, value: unknown): Promise<boolean> {
  const written = await runInTime('readwrite', (store) => {
    const owner = store.get(OWNER) as IDBRequest<string | undefined>;
    owner.addEventListener('success', () => {
      if (owner.result === key.slice(0, key.indexOf(' '))) putInside(store, value, key);
    });
    return owner;
  });
  return written !== undefined && key.startsWith(`${written} `);
}

/** From now on the store is this person's. What another one left behind goes. */
function claim(userId: string): Promise<unknown> {
  return run('readwrite', (store) => {
    const owner = store.get(OWNER) as IDBRequest<string | undefined>;
    owner.addEventListener('success', () => {
      if (owner.result === userId) return;
      store.clear();
      putInside(store, userId, OWNER);
    });
  });
}

/** What is this person's goes; without a name, everything. Somebody who has logged in since keeps what is theirs. */
function clear(userId?: string): Promise<unknown> {
  return run('readwrite', (store) => {
    if (userId === undefined) return void store.clear();
    const owner = store.get(OWNER) as IDBRequest<string | undefined>;
    owner.addEventListener('success', () => {
      if (owner.result === userId) store.clear();
    });
    return undefined;
  });
}

export const memory = {
  claim,
  /** Who was logged in here last and neither logged out nor was logged out. */
  owner: () => run<string | undefined>('readonly', (store) => store.get(OWNER) as IDBRequest<string | undefined>),
  get: <T>(key: string) => runInTime<T>('readonly', (store) => store.get(key) as IDBRequest<T>),
  /** Every value whose key begins with `prefix`, in the order of the keys. */
  all: <T>(prefix: string) => runInTime<T[]>('readonly', (store) => store.getAll(rangeOf(prefix)) as IDBRequest<T[]>),
  keys: (prefix: string) => runInTime<IDBValidKey[]>('readonly', (store) => store.getAllKeys(rangeOf(prefix))),
  /** Resolves once it is on the disk; to false when it could not be written. */
  set: setForOwner,
  delete: (key: string) => runInTime('readwrite', (store) => store.delete(key)),
  clear,
};
