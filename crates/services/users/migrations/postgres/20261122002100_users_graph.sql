-- Each follow is two rows, so that both directions are keyed by the person they are read by.
create table users_following (
    user_id uuid not null,
    followee_id uuid not null,
    followed_at timestamptz not null,
    primary key (user_id, followee_id)
);
create table users_followers (
    user_id uuid not null,
    follower_id uuid not null,
    followed_at timestamptz not null,
    primary key (user_id, follower_id)
);

create table users_blocks (
    blocker_id uuid not null,
    blocked_id uuid not null,
    blocked_at timestamptz not null,
    primary key (blocker_id, blocked_id)
);
create index users_blocks_blocked on users_blocks (blocked_id, blocker_id);

-- Fast by followee (who is told of a post) and for one pair.
create view users_follows_v as
select follower_id, user_id as followee_id
from users_followers;

-- The same rows, fast by follower (whose posts a person reads).
create view users_following_v as
select user_id as follower_id, followee_id
from users_following;

create view users_blocks_v as
select blocker_id, blocked_id
from users_blocks;
