import type { TFunction } from '@/i18n';
import type { Notification } from '@/api';
import { paths } from '@/paths';

/** "Ana", "Ana and Tomás", "Ana, Tomás and 3 others". */
export function whoText(t: TFunction, { actors, actor_count: count }: Notification): string {
  const [first, second] = actors.map((actor) => actor.display_name);
  if (!first) return t('alerts.someone');
  if (!second || count <= 1) return t('alerts.one', { a: first });
  if (count === 2) return t('alerts.two', { a: first, b: second });
  return t('alerts.many', { a: first, b: second, count: count - 2 });
}

/** The sentence, with <b> around the people. */
export function alertText(t: TFunction, notification: Notification): string {
  const who = whoText(t, notification);
  const channel = notification.post?.channel?.name;
  if (notification.kind === 'post_published' && channel) return t('alerts.post_published_in', { who, channel });
  return t(`alerts.${notification.kind}`, { who, channel: notification.channel?.name ?? '' });
}

export function plainAlertText(t: TFunction, notification: Notification): string {
  return alertText(t, notification).replace(/<\/?b>/g, '');
}

/** Where a press on it leads. */
export function alertPath(notification: Notification): string {
  if (notification.conversation_id) return paths.conversation(notification.conversation_id);
  if (notification.channel) return paths.channel(notification.channel.slug);
  if (notification.post) return paths.post(notification.post.id);
  const [actor] = notification.actors;
  return actor ? paths.profile(actor.handle) : paths.alerts;
}
