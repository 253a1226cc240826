import { afterEach, expect, it, vi } from 'vitest';
import { withLock } from './lock';

const denied = () => Promise.reject(new DOMException('denied', 'SecurityError'));
const given = (_name: string, task: () => Promise<unknown>) => task();

afterEach(() => vi.unstubAllGlobals());

it.each([
  ['without locks', undefined],
  ['where a setting forbids them', { request: denied }],
  ['under the lock', { request: given }],
])('runs a task %s', async (_, locks) => {
  vi.stubGlobal('navigator', { locks });
  expect(await withLock('a', async () => 'done')).toBe('done');
});

it('runs it once, and says why it failed', async () => {
  vi.stubGlobal('navigator', { locks: { request: given } });
  const task = vi.fn(() => Promise.reject(new Error('no')));
  await expect(withLock('a', task)).rejects.toThrow('no');
  expect(task).toHaveBeenCalledOnce();
});
