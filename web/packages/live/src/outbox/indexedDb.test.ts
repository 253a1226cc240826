import { afterEach, expect, it, vi } from 'vitest';
import { IndexedDbStorage } from './indexedDb';

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
