import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import type { Notification, NotificationState, Paged } from '@/api';
import { keys } from '@/entities';
import type { LiveEvent } from '@/live';
import { onAlertEvent } from './api';

const alert = (id: string, seq: number, over: Partial<Notification> = {}) => ({ id, seq, actor_count: 1, read: false, ...over }) as Notification;

function setUp(...pages: Notification[][]) {
  const client = new QueryClient();
  client.setQueryData<Paged<Notification>>(keys.alerts, { pages: pages.map((items) => ({ items, next: null })), pageParams: pages.map(() => undefined) });
  client.setQueryData<NotificationState>(keys.alertState, { seq: 3, unread_count: 3 });
  client.setQueryData(keys.invitations, { pages: [], pageParams: [] });
  return {
    hear: (event: LiveEvent) => onAlertEvent(event, client),
    ids: () => client.getQueryData<Paged<Notification>>(keys.alerts)?.pages.map((page) => page.items.map((item) => item.id)),
    first: () => client.getQueryData<Paged<Notification>>(keys.alerts)?.pages[0]?.items[0],
    state: () => client.getQueryData<NotificationState>(keys.alertState),
    areChannelsStale: () => client.getQueryState(keys.invitations)?.isInvalidated,
    isStale: () => client.getQueryState(keys.alerts)?.isInvalidated,
  };
}

describe('what the connection tells of notifications', () => {
  it('moves a row that grew to the top, and leaves one that lost somebody in its place', () => {
    const { hear, ids, first } = setUp([alert('c', 3, { actor_count: 2 }), alert('b', 2)], [alert('a', 1)]);
    hear({ type: 'notification', notification: alert('c', 3), unreadCount: 3, seq: 4 });
    expect(ids()).toEqual([['c', 'b'], ['a']]);
    expect(first()?.actor_count).toBe(1);
    hear({ type: 'notification', notification: alert('a', 5, { actor_count: 2 }), unreadCount: 3, seq: 5 });
    expect(ids()).toEqual([['a', 'c', 'b'], []]);
  });

  it('drops what was taken back, from the list and the bell', () => {
    const { hear, ids, state } = setUp([alert('c', 3), alert('b', 2)], [alert('a', 1)]);
    hear({ type: 'notification-removed', id: 'b', unreadCount: 2, seq: 4 });
    expect(ids()).toEqual([['c'], ['a']]);
    expect(state()).toEqual({ seq: 4, unread_count: 2 });
    hear({ type: 'notification-removed', id: 'gone before', unreadCount: 3, seq: 3 });
    expect(state()).toEqual({ seq: 4, unread_count: 2 });
  });

  it('has one row of a conversation and of an invitation: the one that was read makes room', () => {
    const said = { kind: 'message_sent', conversation_id: 'talk' } as const;
    const invited = (id: string) => ({ kind: 'channel_invited', channel: { id } }) as Partial<Notification>;
    const { hear, ids } = setUp([alert('d', 4, { ...invited('night'), read: true }), alert('c', 3, { ...said, read: true })], [alert('b', 2, invited('day')), alert('a', 1)]);
    hear({ type: 'notification', notification: alert('e', 5, said), unreadCount: 4, seq: 5 });
    hear({ type: 'notification', notification: alert('f', 6, invited('night')), unreadCount: 5, seq: 6 });
    expect(ids()).toEqual([['f', 'e'], ['b', 'a']]);
  });

  it('reads the channels anew when an invitation comes or goes, and not for anything else that is known', () => {
    const invitation = alert('i', 5, { kind: 'channel_invited' });
    const heard = (event: LiveEvent, ...shown: Notification[]) => {
      const { hear, areChannelsStale } = setUp(shown);
      hear(event);
      return areChannelsStale();
    };
    const gone = { type: 'notification-removed', id: 'i', unreadCount: 0, seq: 6 } as const;
    expect(heard({ type: 'notification', notification: invitation, unreadCount: 1, seq: 5 })).toBe(true);
    expect(heard({ type: 'notification', notification: alert('l', 5, { kind: 'post_liked' }), unreadCount: 1, seq: 5 })).toBe(false);
    expect(heard(gone, invitation)).toBe(true);
    expect(heard(gone, alert('i', 5, { kind: 'post_liked' }))).toBe(false);
    // What it was is not known, for the list was never read.
    expect(heard(gone)).toBe(true);
    expect(heard({ type: 'notifications-stale' }, invitation)).toBe(true);
  });

  it('takes the number that a heartbeat says, and then reads the list anew', () => {
    const { hear, state, isStale } = setUp([alert('c', 3)]);
    hear({ type: 'notifications-counted', unreadCount: 3, seq: 3 });
    expect(isStale()).toBe(false);
    hear({ type: 'notifications-counted', unreadCount: 2, seq: 3 });
    expect(state()).toEqual({ seq: 3, unread_count: 2 });
    expect(isStale()).toBe(true);
  });
});
