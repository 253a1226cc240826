-- Where a suspended person liked or commented (posts) or is a member (channels): whose rows are subtracted from a
-- count. A row says where to look and nothing more: whether the person is suspended is asked each time.
create table posts_suspended_traces (
    thing_id blob not null,
    user_id blob not null,
    primary key (thing_id, user_id)
) strict, without rowid;

-- What one person likes, and where one person commented.
create index posts_likes_user on posts_likes (user_id, post_id) where liked;
create index posts_comments_author on posts_comments (author_id, post_id) where deleted_at is null;

insert into posts_suspended_traces (thing_id, user_id)
select l.post_id, l.user_id
from posts_likes l
join auth_suspended_v s on s.user_id = l.user_id
where l.liked
union
select k.post_id, k.author_id
from posts_comments k
join auth_suspended_v s on s.user_id = k.author_id
where k.deleted_at is null
union
select m.channel_id, m.user_id
from posts_channel_members m
join auth_suspended_v s on s.user_id = m.user_id;
