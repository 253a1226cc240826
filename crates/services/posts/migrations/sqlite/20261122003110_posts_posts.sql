-- A deleted post keeps its row, so that its id stays known, but none of its words or pictures.
create table posts_posts (
    post_id blob not null primary key,
    author_id blob not null,
    channel_id blob,
    body text not null,
    like_count integer not null default 0,
    comment_count integer not null default 0,
    created_at integer not null,
    deleted_at integer
) strict;
create index posts_posts_channel on posts_posts (channel_id, post_id desc);
create index posts_posts_author on posts_posts (author_id, post_id desc);

create table posts_post_media (
    post_id blob not null,
    position integer not null,
    media_id blob not null,
    alt text not null,
    primary key (post_id, position)
) strict, without rowid;

create table posts_comments (
    comment_id blob not null primary key,
    post_id blob not null,
    author_id blob not null,
    body text not null,
    created_at integer not null,
    deleted_at integer
) strict;
create index posts_comments_post on posts_comments (post_id, comment_id);

-- A like that was taken back keeps its row (`liked` false): it was announced once and never is again.
create table posts_likes (
    post_id blob not null,
    user_id blob not null,
    liked integer not null,
    liked_at integer not null,
    primary key (post_id, user_id)
) strict, without rowid;
create index posts_likes_newest on posts_likes (post_id, liked_at desc, user_id desc);

create view posts_posts_v as
select post_id, author_id, channel_id, deleted_at
from posts_posts;
