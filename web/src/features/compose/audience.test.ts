import { describe, expect, it } from 'vitest';
import type { Channel } from '@/api';
import { FOLLOWERS, audienceOf, inChannel, usualPlace } from './audience';

const channel = (id: string, member_count: number, more: Partial<Channel> = {}): Channel => ({
  id,
  slug: id,
  name: id,
  description: '',
  visibility: 'open',
  membership: 'member',
  member_count,
  created_at: '2026-11-01T00:00:00Z',
  version: 1,
  ...more,
});

describe('the usual place of a post', () => {
  const mine = [channel('small', 2), channel('large', 40)];

  it('is the channel chosen last, while one is in it', () => {
    expect(usualPlace(inChannel('small'), { mine, followers: 9 })).toEqual(inChannel('small'));
    expect(usualPlace(inChannel('left'), { mine, followers: 9 })).toEqual(FOLLOWERS);
  });

  it('is one’s followers only where there are some', () => {
    expect(usualPlace(null, { mine, followers: 1 })).toEqual(FOLLOWERS);
    expect(usualPlace(null, { mine, followers: 0 })).toEqual(inChannel('large'));
    expect(usualPlace(FOLLOWERS, { mine, followers: 0 })).toEqual(inChannel('large'));
    expect(usualPlace(null, { mine: [], followers: 0 })).toEqual(FOLLOWERS);
  });
});

describe('who sees a post', () => {
  const says = (where: Channel | null, followers: number) => {
    const { key, count, isWarning } = audienceOf(where, followers);
    return [key, count, isWarning];
  };

  it('counts others, never oneself', () => {
    expect(says(channel('c', 120), 3)).toEqual(['seesOpenAndFollowers', 119, false]);
    expect(says(channel('c', 120, { membership: null }), 3)).toEqual(['seesOpenAndFollowers', 120, false]);
    expect(says(channel('c', 120), 0)).toEqual(['seesOpen', 119, false]);
    expect(says(channel('c', 13, { visibility: 'private' }), 3)).toEqual(['seesPrivate', 12, false]);
    expect(says(null, 3)).toEqual(['seesFollowers', 3, false]);
  });

  it('warns where it is nobody', () => {
    expect(says(null, 0)).toEqual(['seesNobody', 0, true]);
    expect(says(channel('c', 1, { visibility: 'private', membership: 'owner' }), 7)).toEqual(['seesPrivateAlone', 0, true]);
    expect(says(channel('c', 1, { membership: 'owner' }), 0)).toEqual(['seesOpenAlone', 0, true]);
    expect(says(channel('c', 1, { membership: 'owner' }), 2)).toEqual(['seesOpenFollowers', 2, false]);
  });
});
