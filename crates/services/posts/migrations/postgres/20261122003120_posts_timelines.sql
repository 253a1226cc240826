-- Which posts a person's home feed is made of. Says nothing about access, which is decided at each read.
create table posts_timelines (
    user_id uuid not null,
    post_id uuid not null,
    primary key (user_id, post_id)
);

-- Authors and channels with posts that had too large an audience to be copied into timelines.
create table posts_large_sources (
    source_id uuid not null primary key,
    last_post_id uuid not null
);

-- Those posts, by every source through which a person gets them; merged into feeds at read.
create table posts_large_posts (
    source_id uuid not null,
    post_id uuid not null,
    primary key (source_id, post_id)
);
