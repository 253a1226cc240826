-- Rooms that posts are written in. `member_count` is kept exact by the transactions that join and leave.
create table posts_channels (
    channel_id blob not null primary key,
    slug text not null,
    name text not null,
    description text not null,
    visibility text not null,
    owner_id blob not null,
    member_count integer not null,
    version integer not null,
    created_at integer not null
) strict, without rowid;
create unique index posts_channels_slug on posts_channels (slug);

create table posts_channel_members (
    channel_id blob not null,
    user_id blob not null,
    role text not null,
    joined_at integer not null,
    primary key (channel_id, user_id)
) strict, without rowid;
create index posts_channel_members_user on posts_channel_members (user_id, channel_id);

-- Consumed by joining.
create table posts_channel_invitations (
    channel_id blob not null,
    user_id blob not null,
    invited_by blob not null,
    created_at integer not null,
    primary key (channel_id, user_id)
) strict, without rowid;
create index posts_channel_invitations_user on posts_channel_invitations (user_id, channel_id);

create view posts_channel_members_v as
select channel_id, user_id
from posts_channel_members;
