import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { session, type Conversation, type Message, type Paged } from '@/api';
import { keys } from '@/entities';
import { isOld } from './logPages';
import { keepChat } from './persist';
import { ME, aConversation, aMessage } from './testing/server';

const kept = vi.hoisted(() => new Map<string, unknown>());
vi.mock('@/store', () => ({
  memory: {
    claim: async (userId: string) => {
      for (const key of kept.keys()) if (!key.startsWith(`${userId} `)) kept.delete(key);
    },
    get: async (key: string) => structuredClone(kept.get(key)),
    keys: async (prefix: string) => [...kept.keys()].filter((key) => key.startsWith(prefix)),
    set: async (key: string, value: unknown) => void kept.set(key, structuredClone(value)),
    delete: async (key: string) => void kept.delete(key),
    clear: async () => kept.clear(),
  },
}));

const paged = <T>(items: T[]): Paged<T> => ({ pages: [{ items, next: null }], pageParams: [undefined] });
const logIn = (id: string) => session.start({ access_token: 't', expires_in: 900, token_type: 'Bearer', me: { ...ME, id } } as never);
let end = () => {};

beforeEach(() => {
  vi.useFakeTimers();
  kept.clear();
});

afterEach(() => {
  end();
  session.end();
  vi.useRealTimers();
});

async function remember(userId: string, conversations = 1) {
  logIn(userId);
  const client = new QueryClient();
  end = keepChat(client, userId);
  client.setQueryData(keys.conversations, paged([aConversation()]));
  for (let number = 0; number < conversations; number += 1) {
    client.setQueryData(keys.messages(`c${number}`), paged([aMessage(1, { conversation_id: `c${number}` })]));
    await vi.advanceTimersByTimeAsync(1_000);
  }
  end();
}

describe('the memory of the chat', () => {
  it('has the list and the last page there before the server has answered', async () => {
    await remember('me');
    const client = new QueryClient();
    end = keepChat(client, 'me');
    await vi.advanceTimersByTimeAsync(1);
    expect(client.getQueryData<Paged<Conversation>>(keys.conversations)?.pages[0]?.items).toHaveLength(1);
    expect(client.getQueryData<Paged<Message>>(keys.messages('c0'))?.pages[0]?.items[0]?.body).toBe('message 1');
    // Old news: it is asked for as soon as someone looks.
    expect(client.getQueryState(keys.messages('c0'))?.dataUpdatedAt).toBe(0);
  });

  it('says of a log that it is old, and of one that was cut that there is more', async () => {
    logIn('me');
    const before = new QueryClient();
    end = keepChat(before, 'me');
    before.setQueryData(keys.messages('c0'), paged(Array.from({ length: 130 }, (_, index) => aMessage(130 - index))));
    await vi.advanceTimersByTimeAsync(1_000);
    end();
    const client = new QueryClient();
    end = keepChat(client, 'me');
    await vi.advanceTimersByTimeAsync(1);
    const log = client.getQueryData<Paged<Message>>(keys.messages('c0'));
    expect(isOld(log)).toBe(true);
    expect(log?.pages[0]?.items).toHaveLength(120);
    expect(log?.pages[0]?.next).not.toBeNull();
  });

  it('does not put old news over what the server has said meanwhile', async () => {
    await remember('me');
    const client = new QueryClient();
    client.setQueryData(keys.messages('c0'), paged([aMessage(7)]));
    end = keepChat(client, 'me');
    await vi.advanceTimersByTimeAsync(1);
    expect(client.getQueryData<Paged<Message>>(keys.messages('c0'))?.pages[0]?.items[0]?.seq).toBe(7);
  });

  it('is not shown to another person, and is forgotten when one comes', async () => {
    await remember('me');
    logIn('other');
    const client = new QueryClient();
    end = keepChat(client, 'other');
    await vi.advanceTimersByTimeAsync(1);
    expect(client.getQueryData(keys.conversations)).toBeUndefined();
    expect(kept.size).toBe(0);
  });

  it('goes with the log-out', async () => {
    await remember('me');
    expect(kept.size).toBeGreaterThan(0);
    session.end();
    expect(kept.size).toBe(0);
  });

  it('holds the last 30 conversations', async () => {
    await remember('me', 33);
    const names = [...kept.keys()].filter((key) => key.startsWith('me messages '));
    expect(names).toHaveLength(30);
    expect(names).toContain('me messages c32');
    expect(names).not.toContain('me messages c0');
  });
});
