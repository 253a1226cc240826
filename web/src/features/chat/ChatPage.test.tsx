import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addMessages, outdateLog } from './cache';
import { clearOutbox } from './outbox';
import { clearDrafts } from './composer/drafts';
import { onChatEvent } from './liveEvents';
import { BEN, FakeServer, MARA, aConversation, aMessage } from './testing/server';
import { all, eventually, find, key, leave, press, show, type } from './testing/screen';

let server: FakeServer;
const field = () => find('textarea', 'Message');
const bubbles = () => all('[data-message]').map((row) => row.querySelector('p')?.textContent);

beforeEach(() => {
  server = new FakeServer();
  server.messages = [aMessage(1), aMessage(2, { sender_id: 'me', body: 'mine' }), aMessage(3)];
});

afterEach(async () => {
  await leave();
  clearDrafts();
  clearOutbox();
});

describe('the list', () => {
  it('says what was written last, that it is muted, and how many are unread', async () => {
    server.conversation = aConversation({ last_message: aMessage(3, { sender_id: 'me', body: 'Sleep now' }), unread_count: 2, notify: 'none' });
    await show(server, '/chat');
    const row = await find('a', /Mara Lindqvist/);
    expect(row.textContent).toContain('You: Sleep now');
    expect(row.textContent).toContain('2 unread');
    expect(row.querySelector('[aria-label="Muted"]')).not.toBeNull();
  });

  it('tells apart a deleted message, photos, and what happened to a group', async () => {
    const group = { kind: 'group', name: 'Night shift', peer: null } as const;
    server.conversation = aConversation({ ...group, last_message: aMessage(3, { body: '', deleted_at: '2026-06-01T04:00:00Z' }) });
    const { client } = await show(server, '/chat');
    await eventually(() => expect(document.body.textContent).toContain('This message was deleted'));
    server.conversation = aConversation({ ...group, last_message: aMessage(4, { kind: 'event', body: '', event: { type: 'members_added', user_ids: ['me'] } }) });
    server.on('GET /users/mara', () => ({ id: 'mara', handle: 'mara', display_name: 'Mara Lindqvist' }));
    await client.invalidateQueries();
    await eventually(() => expect(document.body.textContent).toContain('Mara Lindqvist added you'));
  });

  it('finds conversations by name and messages by their words', async () => {
    server.on('GET /conversations/search', (_, url) => (url.searchParams.get('q') === 'mes' ? { items: [aMessage(1)], next: null } : { items: [], next: null }));
    await show(server, '/chat');
    await type(await find('input', 'Search messages'), 'mara');
    expect((await find('a', /Mara Lindqvist/)).getAttribute('href')).toBe('/chat/c1');
    await type(await find('input', 'Search messages'), 'mes');
    await eventually(() => expect(all('a').map((link) => link.getAttribute('href'))).toContain('/chat/c1?at=1'));
  });
});

describe('a conversation', () => {
  it('shows what was said, and sends what is written once, keeping it in view', async () => {
    await show(server, '/chat/c1');
    await eventually(() => expect(bubbles()).toEqual(['message 1', 'mine', 'message 3']));
    await type(await field(), 'Are you awake?');
    await key(await field(), 'Enter');
    await eventually(() => expect(bubbles()).toEqual(['message 1', 'mine', 'message 3', 'Are you awake?']));
    expect(server.askedFor('POST', '/conversations/c1/messages')).toHaveLength(1);
    expect((await field() as HTMLTextAreaElement).value).toBe('');
  });

  it('answers a message with the keyboard, and shows what it answers', async () => {
    await show(server, '/chat/c1');
    await find('[data-message="m3"]');
    await key(await find('[data-message="m3"]'), 'r');
    await type(await field(), 'Yes');
    await key(await field(), 'Enter');
    await eventually(() => expect(server.askedFor('POST', '/conversations/c1/messages')[0]?.body).toMatchObject({ body: 'Yes', reply_to: 'm3' }));
    const quote = await find('button', /^Answers/);
    expect(quote.textContent).toContain('message 3');
  });

  it('edits the last own message with the arrow up, and leaves it with Escape', async () => {
    server.changes('PATCH /conversations/c1/messages/m2', 'm2', () => ({ body: 'mine, better', edited_at: '2026-06-01T04:00:00Z' }));
    await show(server, '/chat/c1');
    await find('[data-message="m2"]');
    await key(await field(), 'ArrowUp');
    const editing = (await find('textarea', 'Edit message')) as HTMLTextAreaElement;
    expect(editing.value).toBe('mine');
    await key(editing, 'Escape');
    await key(await field(), 'ArrowUp');
    await type(await find('textarea', 'Edit message'), 'mine, better');
    await key(await find('textarea', 'Edit message'), 'Enter');
    await eventually(() => expect(server.askedFor('PATCH', '/conversations/c1/messages/m2')).toHaveLength(1));
    await eventually(() => expect(bubbles()).toContain('mine, better'));
    await find('button', 'Edited');
  });

  it('reacts, and takes it back', async () => {
    server.messages = [aMessage(1, { reactions: [{ emoji: '👍', count: 1, me: false }] })];
    server.changes('PUT /conversations/c1/messages/m1/reactions/👍', 'm1', () => ({ reactions: [{ emoji: '👍', count: 2, me: true }] }));
    server.changes('DELETE /conversations/c1/messages/m1/reactions/👍', 'm1', () => ({ reactions: [{ emoji: '👍', count: 1, me: false }] }));
    await show(server, '/chat/c1');
    await press('button', '👍, 1 person');
    await press('button', '👍, 2 people');
    await find('button', '👍, 1 person');
    expect(server.askedFor('DELETE', '/conversations/c1/messages/m1/reactions/👍')).toHaveLength(1);
  });

  it('asks before it deletes, and leaves a mark', async () => {
    server.changes('DELETE /conversations/c1/messages/m2', 'm2', () => ({ body: '', deleted_at: '2026-06-01T04:00:00Z' }));
    await show(server, '/chat/c1');
    await key(await find('[data-message="m2"]'), 'Enter');
    await press('button', 'Delete message');
    expect(server.askedFor('DELETE', '/conversations/c1/messages/m2')).toHaveLength(0);
    await press('[role="alertdialog"] button', 'Delete message');
    await eventually(() => expect(all('[data-message="m2"]')[0]?.textContent).toContain('This message was deleted'));
  });

  it('says what the server refused, and offers another try', async () => {
    let isRefusing = true;
    const accept = server.routes.get('POST /conversations/c1/messages');
    server.on('POST /conversations/c1/messages', (asked, url) => (isRefusing ? undefined : accept?.(asked, url)));
    await show(server, '/chat/c1');
    await type(await field(), 'Hello');
    await key(await field(), 'Enter');
    await eventually(() => expect(document.body.textContent).toContain('Not sent'));
    isRefusing = false;
    await press('button', 'Try again');
    await eventually(() => expect(bubbles()).toContain('Hello'));
    expect(all('button', 'Try again')).toHaveLength(0);
  });

  it('keeps a half-written message and tells the server a moment later', async () => {
    await show(server, '/chat/c1');
    await type(await field(), 'Half');
    await eventually(() => expect(server.askedFor('PUT', '/conversations/c1/draft').at(-1)?.body).toMatchObject({ body: 'Half' }));
  });

  it('says where messages are missing until they can be read, and calls nothing behind them read', async () => {
    server.conversation = aConversation({ last_seq: 3, read_seq: 3, last_message: aMessage(3) });
    const { client } = await show(server, '/chat/c1');
    await eventually(() => expect(bubbles()).toHaveLength(3));
    const answer = server.routes.get('GET /conversations/c1/messages');
    server.on('GET /conversations/c1/messages', () => undefined);
    server.messages.push(aMessage(4), aMessage(5), aMessage(6));
    outdateLog(client, 'c1');
    addMessages(client, 'c1', [aMessage(6)], 'me');
    await press('button', 'Try again');
    expect(bubbles()).toEqual(['message 1', 'mine', 'message 3', 'message 6']);
    expect(server.askedFor('PUT', '/conversations/c1/read')).toEqual([]);
    server.on('GET /conversations/c1/messages', (asked, url) => answer?.(asked, url));
    await press('button', 'Try again');
    await eventually(() => expect(bubbles()).toEqual(['message 1', 'mine', 'message 3', 'message 4', 'message 5', 'message 6']));
    await eventually(() => expect(server.askedFor('PUT', '/conversations/c1/read').map(({ body }) => body)).toEqual([{ seq: 6 }]));
    expect(all('button', 'Try again')).toHaveLength(0);
  });

  it('shows nothing of a message that has ended: not in the list, not where it is pinned, not where it is quoted', async () => {
    const ended = { created_at: new Date(Date.now() - 7_200_000).toISOString(), pinned_at: '2026-06-01T04:00:00Z' };
    const late = aMessage(2, { body: 'still here', created_at: new Date().toISOString(), reply_to: { seq: 1, message_id: 'm1' } });
    server.messages = [aMessage(1, { ...ended, body: 'the secret' }), late];
    server.on('GET /conversations/c1/pins', () => ({ items: [server.messages[0]], next: null }));
    server.conversation = aConversation({ retention_seconds: 3_600, pinned_count: 1, unread_count: 1, last_message: server.messages[0] as never });
    await show(server, '/chat/c1');
    await eventually(() => expect(bubbles()).toHaveLength(1));
    await eventually(() => expect(document.body.textContent).toContain('not here any more'));
    await eventually(() => expect(server.askedFor('GET', '/conversations/c1/pins')).toHaveLength(1));
    await find('a', /Nothing written yet/);
    expect(document.body.textContent).not.toContain('the secret');
  });

  it('marks where the unread ones begin', async () => {
    server.conversation = aConversation({ read_seq: 2, unread_count: 1 });
    await show(server, '/chat/c1');
    const mark = await find('[role="separator"]', 'New');
    expect(mark.nextElementSibling?.querySelector('[data-message]')?.getAttribute('data-message')).toBe('m3');
  });
});

describe('a group', () => {
  it('names who speaks, and tells quietly what happened', async () => {
    server.conversation = aConversation({ kind: 'group', name: 'Night shift', peer: null, member_count: 3, role: 'owner' });
    server.messages = [
      aMessage(1, { number: 0, kind: 'event', sender_id: 'me', body: '', event: { type: 'created' } }),
      aMessage(2, { number: 0, kind: 'event', sender_id: 'me', body: '', event: { type: 'members_added', user_ids: ['mara', 'ben'] } }),
      aMessage(3, { number: 1, sender_id: 'ben', body: 'Hello @ana' }),
    ];
    await show(server, '/chat/c1');
    await eventually(() => expect(document.body.textContent).toContain('You added Mara Lindqvist and Ben Okafor'));
    await find('p', 'Ben Okafor');
    expect((await find('a', '@ana')).getAttribute('href')).toBe('/@ana');
  });

  it('completes a name after @', async () => {
    server.conversation = aConversation({ kind: 'group', name: 'Night shift', peer: null, member_count: 3 });
    await show(server, '/chat/c1');
    const area = (await field()) as HTMLTextAreaElement;
    await type(area, 'Hi @ok');
    await find('[role="option"]', /Ben Okafor/);
    await key(area, 'Enter');
    await eventually(() => expect(area.value).toBe('Hi @ben '));
    expect(server.askedFor('POST', '/conversations/c1/messages')).toHaveLength(0);
  });
});

describe('a request', () => {
  beforeEach(() => {
    server.conversation = aConversation({ state: 'requested', added_by: { id: 'mara', handle: 'mara', display_name: 'Mara Lindqvist' }, unread_count: 1, read_seq: 0 });
    server.messages = [aMessage(1)];
  });

  it('can be looked at without the other learning of it', async () => {
    await show(server, '/chat/c1');
    await eventually(() => expect(bubbles()).toEqual(['message 1']));
    expect(document.body.textContent).toContain('Mara Lindqvist wants to write to you');
    expect(all('textarea')).toHaveLength(0);
    expect(server.askedFor('PUT', '/conversations/c1/read')).toHaveLength(0);
  });

  it('becomes a conversation when it is accepted', async () => {
    server.on('POST /conversations/c1/accept', () => (server.conversation = { ...server.conversation, state: 'active', membership_seq: 2 }));
    await show(server, '/chat/requests');
    await press('a', /Mara Lindqvist/);
    await press('button', 'Accept');
    await field();
    await eventually(() => expect(server.askedFor('PUT', '/conversations/c1/read')).toHaveLength(1));
  });
});

describe('somebody I have blocked', () => {
  const group = { kind: 'group', name: 'Night shift', peer: null, member_count: 3 } as const;
  const LINE = 'Message from somebody you blocked';
  const blocks = (...people: unknown[]) => server.on('GET /users/blocks', () => ({ items: people, next: null }));

  it('is folded in a group until I want to read it, and shown again once I have unblocked them', async () => {
    blocks(BEN);
    server.conversation = aConversation({ ...group, last_message: aMessage(4, { sender_id: 'ben', body: 'cruel words' }) });
    server.messages = [
      aMessage(1, { body: 'Is anybody awake?' }),
      aMessage(2, { sender_id: 'ben', body: 'cruel words' }),
      aMessage(3, { sender_id: 'ben', body: 'and more' }),
      aMessage(4, { body: 'I am', reply_to: { seq: 2, message_id: 'm2' } }),
    ];
    const { client } = await show(server, '/chat/c1');
    await eventually(() => expect(document.body.textContent).toContain('2 messages from somebody you blocked'));
    await eventually(() => expect(document.body.textContent).toContain(`${LINE}I am`));
    expect(document.body.textContent).not.toContain('cruel words');
    // What is behind the line keeps its place, so that it can be read up to and be found.
    expect(all('[data-message]').map((row) => row.dataset['message'])).toEqual(['m1', 'm2', 'm3', 'm4']);
    await press('button', 'Show');
    await eventually(() => expect(document.body.textContent).toContain('cruel words'));
    await press('button', 'Hide');
    await eventually(() => expect(document.body.textContent).not.toContain('cruel words'));
    blocks();
    const asked = server.askedFor('GET', '/conversations/c1/messages').length;
    onChatEvent({ type: 'blocks' }, client, 'me');
    await eventually(() => expect(document.body.textContent).toContain('and more'));
    await eventually(() => expect(server.askedFor('GET', '/conversations/c1/messages').length).toBeGreaterThan(asked));
  });

  it('is not quoted in the list, neither of a group nor of two; a conversation of two is not folded', async () => {
    blocks(MARA);
    const last = aMessage(3, { body: 'cruel words' });
    server.conversation = aConversation({ ...group, last_message: last });
    const { client } = await show(server, '/chat');
    await eventually(() => expect(document.body.textContent).toContain(LINE));
    expect(document.body.textContent).not.toContain('cruel words');
    server.conversation = aConversation({ last_message: last, can_send: false });
    await client.invalidateQueries();
    await eventually(() => expect(all('a', /Mara Lindqvist/)[0]?.textContent).toContain(LINE));
    await press('a', /Mara Lindqvist/);
    await eventually(() => expect(document.body.textContent).toContain('message 3'));
    expect(document.body.textContent).toContain('You have blocked Mara Lindqvist.');
  });

  it('does not learn it: why somebody cannot be written to is not said', async () => {
    blocks();
    server.conversation = aConversation({ can_send: false });
    await show(server, '/chat/c1');
    await eventually(() => expect(document.body.textContent).toContain('You cannot write to Mara Lindqvist at the moment.'));
    expect(document.body.textContent?.toLowerCase()).not.toContain('block');
  });
});
