-- A deleted post keeps its row, so that its id stays known, but none of its words or pictures.
create table posts_posts (
    post_id uuid not null primary key,
    author_id uuid not null,
    channel_id uuid,
    body text collate "C" not null,
    like_count bigint not null default 0,
    comment_count bigint not null default 0,
    created_at timestamptz not null,
    deleted_at timestamptz
);
create index posts_posts_channel on posts_posts (channel_id, post_id desc);
create index posts_posts_author on posts_posts (author_id, post_id desc);

create table posts_post_media (
    post_id uuid not null,
    position bigint not null,
    media_id uuid not null,
    alt text collate "C" not null,
    primary key (post_id, position)
);

create table posts_comments (
    comment_id uuid not null primary key,
    post_id uuid not null,
    author_id uuid not null,
    body text collate "C" not null,
    created_at timestamptz not null,
    deleted_at timestamptz
);
create index posts_comments_post on posts_comments (post_id, comment_id);

-- A like that was taken back keeps its row (`liked` false): it was announced once and never is again.
create table posts_likes (
    post_id uuid not null,
    user_id uuid not null,
    liked boolean not null,
    liked_at timestamptz not null,
    primary key (post_id, user_id)
);
create index posts_likes_newest on posts_likes (post_id, liked_at desc, user_id desc);

create view posts_posts_v as
select post_id, author_id, channel_id, deleted_at
from posts_posts;
