import { describe, expect, it } from 'vitest';
import { t } from '@/i18n';
import '@/i18n/whole';
import type { ChannelSummary, Notification } from '@/api';
import { alertPath, plainAlertText } from './text';

const person = (name: string) => ({ id: name, handle: name.toLowerCase(), display_name: name, avatar: null });
const alert = (over: Partial<Notification>): Notification =>
  ({ kind: 'post_liked', actors: [person('Ana')], actor_count: 1, post: { id: 'p1', excerpt: '', channel: null }, conversation_id: null, ...over }) as Notification;
const channel: ChannelSummary = { id: 'n', slug: 'night-shift-x7', name: 'Night shift', visibility: 'private' };
const text = (over: Partial<Notification>) => plainAlertText(t, alert(over));

describe('what a notification says', () => {
  it('names one, two or many people', () => {
    expect(text({})).toBe('Ana liked your post');
    expect(text({ actors: [person('Ana'), person('Tom')], actor_count: 2 })).toBe('Ana and Tom liked your post');
    expect(text({ actors: [person('Ana'), person('Tom')], actor_count: 3 })).toBe('Ana, Tom and 1 other liked your post');
    expect(text({ actors: [person('Ana'), person('Tom')], actor_count: 6 })).toBe('Ana, Tom and 4 others liked your post');
    expect(text({ actors: [], actor_count: 0 })).toBe('Someone liked your post');
  });

  it('names the channel to which somebody is invited', () => {
    expect(text({ kind: 'channel_invited', post: null, channel })).toBe('Ana invited you to Night shift');
  });

  it('leads to the conversation, the post or the person', () => {
    expect(alertPath(alert({ kind: 'message_sent', conversation_id: 'c1', post: null }))).toBe('/chat/c1');
    expect(alertPath(alert({}))).toBe('/p/p1');
    expect(alertPath(alert({ kind: 'followed', post: null }))).toBe('/@ana');
    expect(alertPath(alert({ kind: 'channel_invited', post: null, channel }))).toBe('/c/night-shift-x7');
  });
});
