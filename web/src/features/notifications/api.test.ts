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
  return {
    hear: (event: LiveEvent) => onAlertEvent(event, client),
    ids: () => client.getQueryData<Paged<Notification>>(keys.alerts)?.pages.map((page) => page.items.map((item) => item.id)),
    first: () => client.getQueryData<Paged<Notification>>(keys.alerts)?.pages[0]?.items[0],
    state: () => client.getQueryData<NotificationState>(keys.alertState),
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

  it('takes the number that a heartbeat says, and then reads the list anew', () => {
    const { hear, state, isStale } = setUp([alert('c', 3)]);
    hear({ type: 'notifications-counted', unreadCount: 3, seq: 3 });
    expect(isStale()).toBe(false);
    hear({ type: 'notifications-counted', unreadCount: 2, seq: 3 });
    expect(state()).toEqual({ seq: 3, unread_count: 2 });
    expect(isStale()).toBe(true);
  });
});
