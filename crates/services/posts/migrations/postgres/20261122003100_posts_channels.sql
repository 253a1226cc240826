-- Rooms that posts are written in. `member_count` is kept exact by the transactions that join and leave.
create table posts_channels (
    channel_id uuid not null primary key,
    slug text collate "C" not null,
    name text collate "C" not null,
    description text collate "C" not null,
    visibility text collate "C" not null,
    owner_id uuid not null,
    member_count bigint not null,
    version bigint not null,
    created_at timestamptz not null
);
create unique index posts_channels_slug on posts_channels (slug);

create table posts_channel_members (
    channel_id uuid not null,
    user_id uuid not null,
    role text collate "C" not null,
    joined_at timestamptz not null,
    primary key (channel_id, user_id)
);
create index posts_channel_members_user on posts_channel_members (user_id, channel_id);

-- Consumed by joining.
create table posts_channel_invitations (
    channel_id uuid not null,
    user_id uuid not null,
    invited_by uuid not null,
    created_at timestamptz not null,
    primary key (channel_id, user_id)
);
create index posts_channel_invitations_user on posts_channel_invitations (user_id, channel_id);

create view posts_channel_members_v as
select channel_id, user_id
from posts_channel_members;
