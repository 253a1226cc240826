import { beforeEach, expect, it, vi } from 'vitest';
import { commentSent } from './commentDraft';

const kept = vi.hoisted(() => new Map<string, unknown>());
vi.mock('@/store', () => ({ memory: { get: async (key: string) => kept.get(key), delete: async (key: string) => void kept.delete(key) } }));
vi.mock('@/api', async (original) => ({ ...(await original<object>()), session: { current: { me: { id: 'ana' } } } }));

const PLACE = 'ana comment p';

beforeEach(() => void kept.set(PLACE, { body: 'tea', key: 'k', tried: 'tea' }));

it('is over when the server has it, whether or not its page is still there', async () => {
  await commentSent('p', 'k');
  expect(kept.has(PLACE)).toBe(false);
});

it('stays when it is another one by now', async () => {
  await commentSent('p', 'former');
  expect(kept.has(PLACE)).toBe(true);
});
