-- Twenty posts of a home feed with everything that is shown of them, in one statement: what a plain backend would ask.
-- It checks no access and merges no large audiences. The reader's id is computed as `community/ids.rs` does it.
\set reader random(0, :readers - 1) * :step
select p.post_id, p.body, p.like_count, p.comment_count, p.created_at,
       a.user_id, a.handle, a.display_name, a.avatar_media_id,
       c.channel_id, c.slug, c.name, c.visibility,
       exists (select 1 from posts_likes l where l.post_id = p.post_id and l.user_id = t.user_id and l.liked) as liked
from posts_timelines t
join posts_posts p on p.post_id = t.post_id
join users_profiles a on a.user_id = p.author_id
left join posts_channels c on c.channel_id = p.channel_id
where t.user_id = ('018f000000007000' || to_hex(:reader::bigint | (1::bigint << 63)))::uuid
order by t.post_id desc
limit 20;
