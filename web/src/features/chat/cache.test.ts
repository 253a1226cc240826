import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { describe, expect, it, vi } from 'vitest';
import { api, type Conversation, type Message, type Paged } from '@/api';
import { keys, live } from '@/entities';
import { unreadQuery } from './api';
import { addMessages, patchConversation, setConversation, setMessages } from './cache';
import { markRead } from './liveEvents';
import { isOld, mergeMessages } from './logPages';

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

describe('a request that is accepted', () => {
  it('has its messages read again, since photos were withheld', () => {
    const client = new QueryClient();
    const conversation = { id: 'r', state: 'requested', last_message: null, last_seq: 2, read_seq: 0, unread_count: 2, joined_seq: 0, updated_at: '2026-06-01T09:00:00Z' } as Conversation;
    client.setQueryData(keys.conversation('r'), conversation);
    client.setQueryData(keys.messages('r'), paged(page([2, 1])));
    setConversation(client, { ...conversation, last_seq: 2 });
    expect(isOld(client.getQueryData<Paged<Message>>(keys.messages('r')))).toBe(false);
    setConversation(client, { ...conversation, state: 'active' });
    expect(isOld(client.getQueryData<Paged<Message>>(keys.messages('r')))).toBe(true);
  });
});

describe('a message that is deleted', () => {
  it('is unread no longer in the list, in the conversation and in the total, once', () => {
    const client = new QueryClient();
    const unread = { ...message(5), deleted_at: null };
    const talk = { id: 'b', last_message: unread, last_seq: 5, read_seq: 3, unread_count: 2, joined_seq: 0, state: 'active', updated_at: '2026-06-01T09:00:00Z' } as Conversation;
    client.setQueryData(keys.conversations, paged({ items: [talk], next: null }));
    client.setQueryData(keys.conversation('b'), talk);
    client.setQueryData(keys.unreadMessages, { unread_count: 7 });
    const counts = () => [
      client.getQueryData<Paged<Conversation>>(keys.conversations)?.pages[0]?.items[0]?.unread_count,
      client.getQueryData<Conversation>(keys.conversation('b'))?.unread_count,
      client.getQueryData<{ unread_count: number }>(keys.unreadMessages)?.unread_count,
    ];
    const tombstone = { ...unread, body: '', deleted_at: '2026-06-01T10:00:00Z', changed_seq: 6 };
    for (let turn = 0; turn < 2; turn += 1) {
      addMessages(client, 'b', [tombstone], 'me');
      expect(counts()).toEqual([1, 1, 6]);
    }
    // One that was read.
    addMessages(client, 'b', [{ ...message(2), deleted_at: '2026-06-01T10:00:00Z', changed_seq: 7 }], 'me');
    expect(counts()).toEqual([1, 1, 6]);
  });
});

describe('the total of what is unread', () => {
  it('is asked for when a message comes in a conversation that is not loaded', () => {
    const client = new QueryClient();
    client.setQueryData(keys.conversations, paged({ items: [], next: 'more' }));
    client.setQueryData(keys.unreadMessages, { unread_count: 1 });
    addMessages(client, 'far', [message(3)], 'me');
    expect(client.getQueryState(keys.unreadMessages)?.isInvalidated).toBe(true);
  });

  it('is asked for again when it was on its way while something was read or came', async () => {
    const client = new QueryClient();
    const conversation = { id: 'b', last_message: null, last_seq: 1, read_seq: 1, unread_count: 0, state: 'active', updated_at: '2026-06-01T09:00:00Z' } as unknown as Conversation;
    client.setQueryData(keys.conversations, paged({ items: [conversation], next: null }));
    let total = 0;
    const answers: (() => void)[] = [];
    const queryFn = () => {
      const unread_count = total;
      return new Promise<{ unread_count: number }>((resolve) => answers.push(() => resolve({ unread_count })));
    };
    const observer = new QueryObserver(client, { queryKey: keys.unreadMessages, queryFn });
    const off = observer.subscribe(() => {});
    answers.shift()?.();
    await vi.waitFor(() => expect(observer.getCurrentResult().data).toEqual({ unread_count: 0 }));
    void observer.refetch();
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    total = 1;
    addMessages(client, 'b', [message(2)], 'me');
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    for (const answer of answers) answer();
    await vi.waitFor(() => expect(observer.getCurrentResult()).toMatchObject({ isFetching: false, data: { unread_count: 1 } }));
    off();
  });

  it('is not asked for while the mark of what was read here is on its way: it would count that', async () => {
    const client = new QueryClient();
    const conversation = { id: 'b', last_message: message(2), last_seq: 2, read_seq: 1, unread_count: 1, state: 'active', updated_at: '2026-06-01T09:00:00Z' } as unknown as Conversation;
    client.setQueryData(keys.conversations, paged({ items: [conversation], next: null }));
    let total = 1;
    const asked = vi.spyOn(api, 'GET').mockImplementation((async () => ({ data: { unread_count: total }, response: new Response() })) as never);
    let arrive = () => {};
    vi.spyOn(live, 'request').mockImplementation((() => new Promise((resolve) => (arrive = () => resolve({ read_seq: 2, unread_count: total = 0 })))) as never);
    const observer = new QueryObserver(client, { ...unreadQuery });
    const off = observer.subscribe(() => {});
    await vi.waitFor(() => expect(observer.getCurrentResult().data).toEqual({ unread_count: 1 }));
    // As whoever accepts a request does: the total is asked for, and its messages are on the screen at once.
    void observer.refetch();
    const marked = markRead(client, 'b', message(2));
    await new Promise((resolve) => setTimeout(resolve));
    const before = asked.mock.calls.length;
    void client.invalidateQueries({ queryKey: keys.unreadMessages });
    await new Promise((resolve) => setTimeout(resolve));
    expect(asked.mock.calls).toHaveLength(before);
    arrive();
    await marked;
    await vi.waitFor(() => expect(observer.getCurrentResult()).toMatchObject({ isFetching: false, data: { unread_count: 0 } }));
    off();
    vi.restoreAllMocks();
  });
});

describe('whoever comes back to a group', () => {
  it('does not see what was written before they left, and the rest is read again', () => {
    const client = new QueryClient();
    const group = { id: 'b', last_message: null, last_seq: 5, read_seq: 5, joined_seq: 1, unread_count: 0, membership_seq: 1, state: 'active', updated_at: '2026-06-01T09:00:00Z' } as unknown as Conversation;
    setConversation(client, group);
    client.setQueryData(keys.conversation('b'), group);
    const observer = new QueryObserver(client, { queryKey: keys.messages('b'), queryFn: () => new Promise<never>(() => {}) });
    const off = observer.subscribe(() => {});
    client.setQueryData(keys.messages('b'), paged(page([5, 4])));
    setConversation(client, { ...group, joined_seq: 9, last_seq: 9, membership_seq: 3 });
    const log = client.getQueryData<Paged<Message>>(keys.messages('b'));
    expect(log && numbers(log)).toEqual([[]]);
    expect(isOld(log)).toBe(true);
    off();
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

describe('the members of a group', () => {
  const isAskedAgain = (event: Message['event'], senderId: string) => {
    const client = new QueryClient();
    client.setQueryData(keys.conversationMembers('b'), paged({ items: [], next: null }));
    addMessages(client, 'b', [{ ...message(3), kind: 'event', event, sender_id: senderId }], 'me');
    return client.getQueryState(keys.conversationMembers('b'))?.isInvalidated;
  };

  it('are asked for again when one of them comes or goes, but not by whoever is out', () => {
    expect(isAskedAgain({ type: 'member_left' }, 'ben')).toBe(true);
    expect(isAskedAgain({ type: 'member_removed', user_id: 'ben' }, 'me')).toBe(true);
    expect(isAskedAgain({ type: 'member_left' }, 'me')).toBe(false);
    expect(isAskedAgain({ type: 'member_removed', user_id: 'me' }, 'ben')).toBe(false);
  });
});
