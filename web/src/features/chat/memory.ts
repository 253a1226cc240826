// One small IndexedDB store for what the chat remembers on this device: the last list, the newest page of recent
// conversations, and drafts. Keys start with the person's id. Where there is no IndexedDB, nothing is remembered.
// Nothing of this may ever go into a cache that others can read, and all of it goes with the log-out.

const NAME = 'village-chat';
const STORE = 'kept';

let opening: Promise<IDBDatabase | null> | null = null;

function open(): Promise<IDBDatabase | null> {
  opening ??= new Promise((resolve) => {
    if (typeof indexedDB === 'undefined') {
      resolve(null);
      return;
    }
    const request = indexedDB.open(NAME, 1);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE));
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => resolve(null));
    request.addEventListener('blocked', () => resolve(null));
  });
  return opening;
}

async function run<T>(mode: IDBTransactionMode, task: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  const database = await open();
  if (!database) return undefined;
  return new Promise((resolve) => {
    try {
      const request = task(database.transaction(STORE, mode).objectStore(STORE));
      request.addEventListener('success', () => resolve(request.result));
      // A full disk or a private window: the chat works without its memory.
      request.addEventListener('error', () => resolve(undefined));
    } catch {
      resolve(undefined);
    }
  });
}

const rangeOf = (prefix: string) => IDBKeyRange.bound(prefix, `${prefix}\uffff`);

export const memory = {
  get: <T>(key: string) => run<T>('readonly', (store) => store.get(key) as IDBRequest<T>),
  keys: (prefix: string) => run<IDBValidKey[]>('readonly', (store) => store.getAllKeys(rangeOf(prefix))),
  set: (key: string, value: unknown) => run('readwrite', (store) => store.put(value, key)),
  delete: (key: string) => run('readwrite', (store) => store.delete(key)),
  clear: () => run('readwrite', (store) => store.clear()),
};
