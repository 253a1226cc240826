import { describe, expect, it } from 'vitest';
import { withReaction } from '../actions';
import { memberRights } from '../group/Members';
import { inHours, isMuted } from '../mute';
import { aConversation, aMessage } from '../testing/server';
import { isOnlyEmoji } from './Bubble';
import { rightsOn } from './context';
import { firstEmoji } from './MessageActions';
import { joinHistory } from './useHistory';

const seqs = (messages: { seq: number }[]) => messages.map(({ seq }) => seq);

describe('a stretch of an older time', () => {
  it('stands alone until it has grown together with the log', () => {
    const log = [aMessage(9), aMessage(8)];
    expect(joinHistory(log, [aMessage(4), aMessage(3)])).toMatchObject({ isJoined: false, messages: [{ seq: 3 }, { seq: 4 }] });
    const joined = joinHistory(log, [aMessage(8), aMessage(4), aMessage(3)]);
    expect(joined.isJoined).toBe(true);
    expect(seqs(joined.messages)).toEqual([3, 4, 8, 9]);
  });

  it('takes what has changed from the log', () => {
    const { messages } = joinHistory([aMessage(4, { body: 'new' })], [aMessage(4, { body: 'old' })]);
    expect(messages.map(({ body }) => body)).toEqual(['new']);
  });
});

describe('reactions', () => {
  it('count me once, and disappear with the last one', () => {
    const once = withReaction([], '❤️', true);
    expect(once).toEqual([{ emoji: '❤️', count: 1, me: true }]);
    expect(withReaction(once, '❤️', true)).toEqual(once);
    expect(withReaction(once, '❤️', false)).toEqual([]);
    expect(withReaction([{ emoji: '👍', count: 2, me: false }], '👍', true)).toEqual([{ emoji: '👍', count: 3, me: true }]);
  });

  it('are emoji, also those made of several signs, and nothing else', () => {
    expect(firstEmoji('👩‍👩‍👧‍👦 and more')).toBe('👩‍👩‍👧‍👦');
    expect(firstEmoji('🇵🇹')).toBe('🇵🇹');
    for (const other of ['a', '1', '#', '', '  ', '!']) expect(firstEmoji(other)).toBeNull();
  });
});

describe('a message of emoji only', () => {
  it('is shown large, up to three', () => {
    expect(isOnlyEmoji('❤️')).toBe(true);
    expect(isOnlyEmoji('😂 😂 😂')).toBe(true);
    expect(isOnlyEmoji('😂😂😂😂')).toBe(false);
    expect(isOnlyEmoji('ok 👍')).toBe(false);
    expect(isOnlyEmoji('...')).toBe(false);
  });
});

describe('what one may do', () => {
  it('with a message: one’s own, and in a group the admins', () => {
    const mine = aMessage(1, { sender_id: 'me' });
    const theirs = aMessage(2);
    const group = aConversation({ kind: 'group', role: 'member' });
    expect(rightsOn(mine, group, 'me')).toMatchObject({ edit: true, delete: true, pin: false });
    expect(rightsOn(theirs, group, 'me')).toMatchObject({ edit: false, delete: false, reply: true });
    expect(rightsOn(theirs, { ...group, role: 'admin' }, 'me')).toMatchObject({ edit: false, delete: true, pin: true });
    expect(rightsOn(theirs, aConversation({ role: 'owner' }), 'me')).toMatchObject({ delete: false, pin: true });
    expect(rightsOn(theirs, { ...group, state: 'requested' }, 'me')).toMatchObject({ reply: false, react: false });
    expect(Object.values(rightsOn(aMessage(3, { deleted_at: '2026-06-01T03:00:00Z' }), { ...group, role: 'owner' }, 'me'))).not.toContain(true);
  });

  it('with a member: the owner everything, an admin only remove members', () => {
    expect(memberRights('owner', 'admin')).toEqual({ changeRole: true, handOver: true, remove: true });
    expect(memberRights('admin', 'member')).toEqual({ changeRole: false, handOver: false, remove: true });
    expect(memberRights('admin', 'admin').remove).toBe(false);
    expect(memberRights('admin', 'owner').remove).toBe(false);
    expect(memberRights('member', 'member').remove).toBe(false);
  });
});

describe('muting', () => {
  it('ends by itself', () => {
    const now = Date.parse('2026-06-01T03:00:00Z');
    expect(isMuted({ notify: 'all', muted_until: inHours(1, now) }, now)).toBe(true);
    expect(isMuted({ notify: 'all', muted_until: inHours(1, now) }, now + 3_600_001)).toBe(false);
    expect(isMuted({ notify: 'none', muted_until: null }, now)).toBe(true);
    expect(isMuted({ notify: 'mentions', muted_until: null }, now)).toBe(false);
  });
});
