// Who will see a post, by the server's rules: in an open channel everyone here can read it, and it comes to its members and
// to the author's followers; in a private channel it stays with the members; without a channel with the followers.
import type { Channel } from '@/api';

export type Place = { kind: 'followers' } | { kind: 'channel'; id: string };

export const FOLLOWERS: Place = { kind: 'followers' };

export const inChannel = (id: string): Place => ({ kind: 'channel', id });

export const isMember = (channel: Pick<Channel, 'membership'>) => channel.membership === 'owner' || channel.membership === 'member';

export interface Known {
  /** The channels one is in. */
  mine: readonly Channel[];
  followers: number;
}

/** Where a post goes unless its author says otherwise: somewhere it is read. */
export function usualPlace(last: Place | null, { mine, followers }: Known): Place {
  if (last?.kind === 'channel' && mine.some(({ id }) => id === last.id)) return last;
  if (followers > 0) return FOLLOWERS;
  const [largest] = mine.toSorted((one, other) => other.member_count - one.member_count);
  return largest ? inChannel(largest.id) : FOLLOWERS;
}

/** As a key of `compose` with its values. `isWarning`: as things stand, nobody will be shown it. */
export interface Audience {
  key: 'seesFollowers' | 'seesNobody' | 'seesOpen' | 'seesOpenAndFollowers' | 'seesOpenFollowers' | 'seesOpenAlone' | 'seesPrivate' | 'seesPrivateAlone';
  /** Other people than the author. */
  count: number;
  name: string;
  isWarning: boolean;
}

export function audienceOf(channel: Channel | null, followers: number): Audience {
  const name = channel?.name ?? '';
  if (!channel) return { key: followers > 0 ? 'seesFollowers' : 'seesNobody', count: followers, name, isWarning: followers === 0 };
  const others = Math.max(0, channel.member_count - (isMember(channel) ? 1 : 0));
  if (channel.visibility === 'private') return { key: others > 0 ? 'seesPrivate' : 'seesPrivateAlone', count: others, name, isWarning: others === 0 };
  if (others > 0) return { key: followers > 0 ? 'seesOpenAndFollowers' : 'seesOpen', count: others, name, isWarning: false };
  return { key: followers > 0 ? 'seesOpenFollowers' : 'seesOpenAlone', count: followers, name, isWarning: followers === 0 };
}
