import { afterEach, expect, it, vi } from 'vitest';
import { IndexedDbStorage } from './indexedDb';
import type { StoredEntry } from './storage';

afterEach(() => {
  vi.unstubAllGlobals();
});

it('opens its database again after it could not be opened', async () => {
  // A fake of the least that is asked of it: a database that cannot be opened.
  const open = vi.fn(() => {
    const request = { error: new Error('busy'), onerror: () => {} };
    queueMicrotask(() => request.onerror());
    return request;
  });
  vi.stubGlobal('indexedDB', { open });
  const bound = vi.fn();
  vi.stubGlobal('IDBKeyRange', { bound });
  const storage = new IndexedDbStorage('test');
  await expect(storage.load('ana')).rejects.toThrow('busy');
  await expect(storage.load('ana')).rejects.toThrow('busy');
  expect(open).toHaveBeenCalledTimes(2);
});

it('takes back a draft’s end when its message cannot be written', async () => {
  const abort = vi.fn();
  const removed: unknown[] = [];
  const store = (name: string) => ({
    delete: (key: unknown) => removed.push(key),
    put: () => {
      throw new DOMException(`${name} is full.`, 'QuotaExceededError');
    },
  });
  const database = { transaction: () => ({ objectStore: store, abort }) };
  const open = () => {
    const request = { result: database, onsuccess: () => {} };
    queueMicrotask(() => request.onsuccess());
    return request;
  };
  vi.stubGlobal('indexedDB', { open });
  const draft = { key: 'a.1', revision: 1, isTold: false, over: [{ key: 'a.1', body: null }] };
  const entry = { clientId: 'm', conversationId: 'c', draft } as unknown as StoredEntry;
  await expect(new IndexedDbStorage('test').put('ana', entry)).rejects.toThrow('entries is full.');
  expect(removed).toEqual([['ana', 'c', 'a.1']]);
  expect(abort).toHaveBeenCalledOnce();
});
