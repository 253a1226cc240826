import { beforeEach, describe, expect, it, vi } from 'vitest';
import { session } from '@/api';
import { aMessage } from '../testing/server';
import { beginEdit, changeEdit, endEdit, openEdit, reply } from './mode';

const kept = vi.hoisted(() => new Map<string, unknown>());
const followers = vi.hoisted(() => [] as { open: (personId: string) => void; close: () => void }[]);
vi.mock('@/store', async (original) => ({
  ...(await original<object>()),
  memory: {
    get: async (key: string) => structuredClone(kept.get(key)),
    keys: async (prefix: string) => [...kept.keys()].filter((key) => key.startsWith(prefix)),
    set: async (key: string, value: unknown) => void kept.set(key, structuredClone(value)),
    delete: async (key: string) => void kept.delete(key),
  },
}));
vi.mock('../outbox', async (original) => ({ ...(await original<object>()), whenOutboxOpens: (follower: (typeof followers)[number]) => followers.push(follower) }));
vi.mock('./drafts', () => ({ answerTo: vi.fn() }));

const one = aMessage(1);
const two = aMessage(2);
const id = one.conversation_id;
const close = () => followers.forEach((follower) => follower.close());
const reload = async () => {
  close();
  for (const follower of followers) follower.open('me');
  await vi.waitFor(() => expect(openEdit(id)).toBeDefined());
};

beforeEach(() => {
  close();
  kept.clear();
  session.start({ access_token: 't', expires_in: 900, token_type: 'Bearer', me: { id: 'me' } } as never);
});

describe('the change of a message', () => {
  it('waits while another message is edited or answered', () => {
    beginEdit(one);
    changeEdit(id, 'half a change');
    beginEdit(two);
    expect(openEdit(id)).toMatchObject({ message: two, text: two.body });
    beginEdit(one);
    expect(openEdit(id)?.text).toBe('half a change');
    reply(two);
    expect(openEdit(id)).toBeUndefined();
    beginEdit(one);
    expect(openEdit(id)?.text).toBe('half a change');
  });

  it('is there after a reload, in the field and beside it', async () => {
    beginEdit(one);
    changeEdit(id, 'first');
    beginEdit(two);
    changeEdit(id, 'second');
    await reload();
    expect(openEdit(id)).toMatchObject({ message: { id: two.id }, text: 'second' });
    beginEdit(one);
    expect(openEdit(id)?.text).toBe('first');
  });

  it('is over when it is saved or let go, and none when nothing was changed', () => {
    beginEdit(one);
    changeEdit(id, 'half a change');
    endEdit(one);
    beginEdit(one);
    expect(openEdit(id)?.text).toBe(one.body);
    beginEdit(two);
    expect(kept.size).toBe(0);
  });
});
