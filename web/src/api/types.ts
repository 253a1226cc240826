// The names the rest of the client uses for what the API sends. Only this file knows the shape of the generated one.
import type { components } from './generated/schema';

type Schemas = components['schemas'];

export type UserSummary = Schemas['UserSummary'];
export type Image = Schemas['Image'];
export type ImageSize = Schemas['ImageSize'];
export type User = Schemas['User'];
export type Relationship = Schemas['Relationship'];
export type Me = Schemas['Me'];
export type Session = Schemas['Session'];
export type SessionInfo = Schemas['SessionInfo'];
export type Invitation = Schemas['Invitation'];
export type Media = Schemas['Media'];
export type MediaCreated = Schemas['MediaCreated'];
export type ChannelSummary = Schemas['ChannelSummary'];
export type Channel = Schemas['Channel'];
export type ChannelInvitation = Schemas['ChannelInvitation'];
export type ChannelMember = Schemas['ChannelMember'];
export type Post = Schemas['Post'];
export type Comment = Schemas['Comment'];
export type LikeState = Schemas['LikeState'];
export type * from './messaging';
export type Notification = Schemas['Notification'];
export type NotificationState = Schemas['NotificationState'];
export type Preferences = Schemas['Preferences'];
export type Problem = Schemas['Problem'];

export interface Page<T> {
  items: T[];
  next?: string | null;
}
