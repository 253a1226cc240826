import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { api, call, pages, type Notification, type NotificationState, type Paged } from '@/api';
import { keys } from '@/entities';
import type { LiveEvent } from '@/live';

export const alertsQuery = infiniteQueryOptions({
  queryKey: keys.alerts,
  queryFn: ({ pageParam: cursor, signal }) => call(api.GET('/notifications', { params: { query: { cursor } }, signal })),
  ...pages,
});

export const alertStateQuery = queryOptions({ queryKey: keys.alertState, queryFn: ({ signal }) => call(api.GET('/notifications/state', { signal })) });

/** Everything up to `seq` counts as read. The dots in the open list stay, so that one still sees what was new. */
export function useMarkAlertsRead() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (seq: number) => call(api.PUT('/notifications/read', { body: { seq } })),
    onMutate: () => client.setQueryData<NotificationState>(keys.alertState, (old) => old && { ...old, unread_count: 0 }),
    onSuccess: (state) => client.setQueryData(keys.alertState, state),
  });
}

/** A row that grew ("Ana and 4 others") comes again with the same id and a new seq, and moves to the top. One that lost somebody, or was read, keeps its place. */
export function putAlert(data: Paged<Notification>, notification: Notification): Paged<Notification> {
  const isInPlace = data.pages.some((page) => page.items.some((item) => item.id === notification.id && item.seq === notification.seq));
  if (isInPlace) return { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map((item) => (item.id === notification.id ? notification : item)) })) };
  const isOlder = (item: Notification) => item.id === notification.id || tellsOfTheSame(item, notification);
  const [first, ...rest] = without(data, isOlder).pages;
  return first ? { ...data, pages: [{ ...first, items: [notification, ...first.items] }, ...rest] } : data;
}

/** A conversation has one row, and so has an invitation: the one that was read makes room for the new. */
function tellsOfTheSame(one: Notification, other: Notification): boolean {
  if (one.kind !== other.kind) return false;
  return one.kind === 'message_sent' ? one.conversation_id === other.conversation_id : one.kind === 'channel_invited' && one.channel?.id === other.channel?.id;
}

function without(data: Paged<Notification>, isOut: (item: Notification) => boolean): Paged<Notification> {
  return { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.filter((item) => !isOut(item)) })) };
}

export function dropAlert(data: Paged<Notification>, id: string): Paged<Notification> {
  return without(data, (item) => item.id === id);
}

/** What is told of an invitation, also that it is over, concerns the channels that are on the screen. */
function readChannelsAnew(client: QueryClient, kind: Notification['kind'] | undefined): void {
  if (kind === undefined || kind === 'channel_invited') void client.invalidateQueries({ queryKey: keys.channels });
}

function kindOf(client: QueryClient, id: string): Notification['kind'] | undefined {
  const loaded = client.getQueryData<Paged<Notification>>(keys.alerts)?.pages ?? [];
  return loaded.flatMap((page) => page.items).find((item) => item.id === id)?.kind;
}

/** What the bell shows after a change; one that comes late says an older number. */
function counted(old: NotificationState | undefined, seq: number, unreadCount: number): NotificationState {
  return old && old.seq > seq ? old : { seq, unread_count: unreadCount };
}

export function onAlertEvent(event: LiveEvent, client: QueryClient): void {
  if (event.type === 'ready') {
    client.setQueryData<NotificationState>(keys.alertState, (old) => ({
      seq: Math.max(old?.seq ?? 0, event.hello.notification_seq),
      unread_count: event.hello.unread_notifications,
    }));
  } else if (event.type === 'notification') {
    client.setQueryData<Paged<Notification>>(keys.alerts, (data) => data && putAlert(data, event.notification));
    client.setQueryData<NotificationState>(keys.alertState, (old) => counted(old, event.seq, event.unreadCount));
    readChannelsAnew(client, event.notification.kind);
  } else if (event.type === 'notification-removed') {
    readChannelsAnew(client, kindOf(client, event.id));
    client.setQueryData<Paged<Notification>>(keys.alerts, (data) => data && dropAlert(data, event.id));
    client.setQueryData<NotificationState>(keys.alertState, (old) => counted(old, event.seq, event.unreadCount));
  } else if (event.type === 'notifications-counted') {
    const isAnother = client.getQueryData<NotificationState>(keys.alertState)?.unread_count !== event.unreadCount;
    client.setQueryData<NotificationState>(keys.alertState, (old) => counted(old, event.seq, event.unreadCount));
    // Something is shown or hidden that was not before.
    if (isAnother) {
      void client.invalidateQueries({ queryKey: keys.alerts });
      readChannelsAnew(client, undefined);
    }
  } else if (event.type === 'notifications-stale') {
    void client.invalidateQueries({ queryKey: keys.alerts });
    void client.invalidateQueries({ queryKey: keys.alertState });
    readChannelsAnew(client, undefined);
  }
}
