import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import type { Conversation, Message, Paged } from '@/api';
import { keys } from '@/entities';
import { addMessages, mergeMessages, patchConversation, setConversation, setMessages } from './cache';

const message = (number: number, sender = 'peer'): Message =>
  ({ id: `m${number}`, kind: 'text', number, seq: number, changed_seq: number, sender_id: sender, body: 'x', images: [] as Message['images'], created_at: `2026-06-01T10:00:${String(number).padStart(2, '0')}Z` }) as Message;
const page = (numbers: number[], next: string | null = null) => ({ items: numbers.map((number) => message(number)), next });
const paged = <T>(...pages: { items: T[]; next: string | null }[]): Paged<T> => ({ pages, pageParams: pages.map(() => undefined) });
const numbers = (data: Paged<Message>) => data.pages.map((each) => each.items.map((item) => item.number));

describe('merging messages', () => {
  it('keeps the newest first, whatever the order of arrival, and never twice', () => {
    const merged = mergeMessages(paged(page([5, 4]), page([3, 2])), [message(7), message(6), message(5)]);
    expect(numbers(merged)).toEqual([[7, 6, 5, 4], [3, 2]]);
  });

  it('leaves what is older than the loaded pages to its own page', () => {
    expect(numbers(mergeMessages(paged(page([5, 4], 'more')), [message(1), message(6)]))).toEqual([[6, 5, 4]]);
  });
});

describe('the conversation list', () => {
  const conversation = (id: string, over: Partial<Conversation> = {}): Conversation =>
    ({ id, last_message: null, last_seq: 1, read_seq: 1, unread_count: 0, state: 'active', updated_at: '2026-06-01T09:00:00Z', ...over }) as Conversation;

  function setUp() {
    const client = new QueryClient();
    client.setQueryData(keys.conversations, paged({ items: [conversation('a', { updated_at: '2026-06-01T09:30:00Z' }), conversation('b')], next: null }));
    client.setQueryData(keys.unreadMessages, { unread_count: 1 });
    const list = () => client.getQueryData<Paged<Conversation>>(keys.conversations)?.pages[0]?.items ?? [];
    const unread = () => client.getQueryData<{ unread_count: number }>(keys.unreadMessages)?.unread_count;
    return { client, list, unread };
  }

  it('moves up, counts what others wrote and adds to the total', () => {
    const { client, list, unread } = setUp();
    addMessages(client, 'b', [message(2), message(3)], 'me');
    expect(list().map((item) => item.id)).toEqual(['b', 'a']);
    expect(list()[0]).toMatchObject({ unread_count: 2, last_seq: 3 });
    expect(unread()).toBe(3);
    addMessages(client, 'b', [message(2)], 'me');
    expect(unread()).toBe(3);
  });

  it('counts an answer as having read what came before it, and what happened to the group not at all', () => {
    const { client, list, unread } = setUp();
    addMessages(client, 'b', [message(2), message(3, 'me'), message(4)], 'me');
    expect(list()[0]).toMatchObject({ unread_count: 1, read_seq: 3 });
    addMessages(client, 'b', [{ ...message(5), kind: 'event' }], 'me');
    expect(unread()).toBe(2);
  });

  it('takes what was read off the total', () => {
    const { client, unread } = setUp();
    addMessages(client, 'b', [message(2), message(3)], 'me');
    patchConversation(client, 'b', (old) => ({ ...old, read_seq: 3, unread_count: 0 }));
    expect(unread()).toBe(1);
  });

  it('moves a request into the inbox when it is accepted, and out of sight when it is declined', () => {
    const { client, list } = setUp();
    client.setQueryData(keys.conversationRequests, paged({ items: [conversation('r', { state: 'requested' }), conversation('s', { state: 'requested' })], next: null }));
    const requests = () => client.getQueryData<Paged<Conversation>>(keys.conversationRequests)?.pages[0]?.items.map((item) => item.id);
    setConversation(client, conversation('r', { updated_at: '2026-06-01T11:00:00Z' }));
    setConversation(client, conversation('s', { state: 'declined' }));
    expect(list().map((item) => item.id)).toEqual(['r', 'a', 'b']);
    expect(requests()).toEqual([]);
  });
});

describe('a message that changes', () => {
  it('is replaced where it stands, and an older answer does not take a newer one back', () => {
    const client = new QueryClient();
    client.setQueryData(keys.messages('b'), paged(page([5, 4])));
    client.setQueryData(keys.messagesAround('b', 2), paged(page([4, 3])));
    setMessages(client, 'b', [{ ...message(4), changed_seq: 9, body: 'new' }]);
    setMessages(client, 'b', [{ ...message(4), changed_seq: 7, body: 'old' }]);
    for (const key of [keys.messages('b'), keys.messagesAround('b', 2)]) {
      const items = client.getQueryData<Paged<Message>>(key)?.pages.flatMap(({ items: each }) => each) ?? [];
      expect(items.find(({ id }) => id === 'm4')?.body).toBe('new');
      expect(items).toHaveLength(2);
    }
  });
});

describe('the photos of a conversation', () => {
  const photo = (number: number): Message => ({ ...message(number), images: [{ media_id: `p${number}` }] }) as Message;
  const list = (client: QueryClient) => client.getQueryData<Paged<Message>>(keys.photos('b'))?.pages.map((each) => each.items.map(({ number, images }) => `${number} ${images.length}`));

  it('begin with those that have just come; words do not come in, and what was deleted shows none any more', () => {
    const client = new QueryClient();
    client.setQueryData(keys.photos('b'), paged({ items: [photo(8), photo(5)], next: 'more' }));
    const words = { ...message(9), images: [] };
    setMessages(client, 'b', [photo(10), words, photo(2), { ...photo(5), images: [], changed_seq: 11, deleted_at: '2026-06-01T11:00:00Z' }]);
    expect(list(client)).toEqual([['10 1', '8 1', '5 0']]);
  });
});
