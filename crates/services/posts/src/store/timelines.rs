//! What home feeds are made of: timelines written when a post is published, and the posts of audiences too large
//! for that, which are merged in when a feed is read. Only ids; access is decided at each read.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;
use uuid::Uuid;
use village_db::{Connection, Engine, IdList, Reader, Tx, execute, fetch_all, fetch_one};
use village_kernel::{ChannelId, PostId, UserId};

use super::audience::Audience;
use super::posts::or_newest;

/// Large audiences one feed is merged from, those that wrote last. A person who takes part in more misses the
/// quietest.
const SOURCES: i64 = 200;

/// Whether a post may be in timelines already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It is not: if it is all the same, PostgreSQL refuses the whole chunk. Looking first costs it as much as writing.
    First,
    /// It may be, and stays.
    Again,
}

/// What one chunk came to.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Chunk {
    pub people: i64,
    /// From whom the next chunk goes on.
    pub last: Option<UserId>,
}

/// Puts the post into the timelines of the next `limit` people of `audience`, those after `after`, in the order of ids, so
/// that two deliveries of one event cannot wait for each other. The ids never leave the database.
pub(crate) async fn add(
    tx: &mut Tx,
    post: PostId,
    audience: &Audience,
    after: Option<UserId>,
    limit: u32,
    delivery: Delivery,
) -> village_db::Result<Chunk> {
    let page = audience.page_sql();
    let (author, channel, after, limit) = audience.bindings(after, limit);
    match tx.engine() {
        Engine::Postgres => {
            let otherwise = match delivery {
                Delivery::First => "",
                Delivery::Again => "on conflict (user_id, post_id) do nothing",
            };
            let sql = format!(
                "with audience as materialized ({page}),
                 written as (
                     insert into posts_timelines (user_id, post_id)
                     select user_id, $5 from audience order by user_id {otherwise}
                 )
                 select count(*) as people, (select user_id from audience order by user_id desc limit 1) as last
                 from audience"
            );
            fetch_one!(tx, AssertSqlSafe(sql), author, channel, after, limit, post)
        }
        Engine::Sqlite => {
            // Without `where`, SQLite reads `on` as part of a join.
            let sql = format!(
                "insert into posts_timelines (user_id, post_id)
                 select user_id, $5 from ({page}) audience where user_id is not null
                 on conflict (user_id, post_id) do nothing"
            );
            execute!(tx, AssertSqlSafe(sql), author, channel, after, limit, post)?;
            let sql = format!("select count(*) as people, max(user_id) as last from ({page}) audience");
            fetch_one!(tx, AssertSqlSafe(sql), author, channel, after, limit)
        }
    }
}

/// Puts a new post into the timeline of its author.
pub(crate) async fn add_own(tx: &mut Tx, post: PostId, author: UserId) -> village_db::Result<()> {
    let sql = "insert into posts_timelines (user_id, post_id) values ($1, $2)";
    execute!(tx, sql, author, post).map(|_| ())
}

/// Cuts the timelines of `users` back to their newest `keep` entries. Looks at each timeline only as far as it is kept,
/// in its own order.
pub(crate) async fn trim(tx: &mut Tx, users: &[UserId], keep: u32) -> village_db::Result<u64> {
    let list: IdList = users.iter().copied().collect();
    let sql = match tx.engine() {
        Engine::Postgres => {
            "delete from posts_timelines t
             using unnest($1) as chunk (user_id)
             cross join lateral (
                 select post_id
                 from posts_timelines
                 where user_id = chunk.user_id
                 order by post_id desc
                 limit 1 offset $2
             ) newest_to_go
             where t.user_id = chunk.user_id and t.post_id <= newest_to_go.post_id"
        }
        Engine::Sqlite => {
            "delete from posts_timelines
             where (user_id, post_id) in (
                 select t.user_id, t.post_id
                 from json_each($1) chunk
                 join posts_timelines t
                     on t.user_id = unhex(chunk.value)
                     and t.post_id <= (
                         select post_id
                         from posts_timelines
                         where user_id = unhex(chunk.value)
                         order by post_id desc
                         limit 1 offset $2
                     )
             )"
        }
    };
    execute!(tx, sql, &list, i64::from(keep))
}

/// What a page of a home feed is made of: entries of the timeline, the newest before `before`, and the large audiences
/// that `user` is part of, people they follow and channels they are members of. Both in no order, in one question.
pub(crate) async fn of_home(
    reader: &mut Reader,
    user: UserId,
    before: Option<PostId>,
    limit: i64,
) -> village_db::Result<(Vec<PostId>, Vec<Uuid>)> {
    // From the reader to the sources: the other way every feed would look at all sources there are.
    let sql = "select post_id as id, true as is_post
               from (
                   select post_id
                   from posts_timelines
                   where user_id = $1 and post_id < $2
                   order by post_id desc
                   limit $3
               ) entries
               union all
               select source_id, false
               from (
                   select source_id
                   from (
                       select l.source_id, l.last_post_id
                       from users_following_v f
                       join posts_large_sources l on l.source_id = f.followee_id
                       where f.follower_id = $1
                       union all
                       select l.source_id, l.last_post_id
                       from posts_channel_members m
                       join posts_large_sources l on l.source_id = m.channel_id
                       where m.user_id = $1
                   ) theirs
                   order by last_post_id desc
                   limit $4
               ) sources";
    let rows: Vec<(Uuid, bool)> = fetch_all!(reader, sql, user, or_newest(before), limit, SOURCES)?;
    let (posts, sources): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, is_post)| *is_post);
    let posts = posts.into_iter().map(|(id, _)| PostId(id)).collect();
    Ok((posts, sources.into_iter().map(|(id, _)| id).collect()))
}

/// The newest posts of `author` go into the timeline of `user`, if `user` follows them now.
pub(crate) async fn backfill_author(tx: &mut Tx, user: UserId, author: UserId, newest: u32) -> village_db::Result<u64> {
    let sql = "insert into posts_timelines (user_id, post_id)
               select $1, post_id
               from (
                   select p.post_id
                   from posts_posts p
                   left join posts_channels c on c.channel_id = p.channel_id
                   where p.author_id = $2 and p.deleted_at is null
                       and (p.channel_id is null or c.visibility = 'open')
                       and exists (
                           select 1 from users_follows_v f where f.follower_id = $1 and f.followee_id = $2)
                   order by p.post_id desc
                   limit $3
               ) newest
               where post_id is not null
               on conflict (user_id, post_id) do nothing";
    execute!(tx, sql, user, author, i64::from(newest))
}

/// The newest posts of `channel` go into the timeline of `user`, if `user` is a member now.
pub(crate) async fn backfill_channel(
    tx: &mut Tx,
    user: UserId,
    channel: ChannelId,
    newest: u32,
) -> village_db::Result<u64> {
    let sql = "insert into posts_timelines (user_id, post_id)
               select $1, post_id
               from (
                   select p.post_id
                   from posts_posts p
                   where p.channel_id = $2 and p.deleted_at is null
                       and exists (
                           select 1 from posts_channel_members m where m.channel_id = $2 and m.user_id = $1)
                   order by p.post_id desc
                   limit $3
               ) newest
               where post_id is not null
               on conflict (user_id, post_id) do nothing";
    execute!(tx, sql, user, channel, i64::from(newest))
}

/// Takes the posts of `author` out of the timeline of `user`, unless they came through a channel that `user` is a
/// member of, or `user` follows the author again.
pub(crate) async fn forget_author(tx: &mut Tx, user: UserId, author: UserId) -> village_db::Result<u64> {
    let sql = "delete from posts_timelines
               where user_id = $1
                   and not exists (
                       select 1 from users_follows_v f where f.follower_id = $1 and f.followee_id = $2)
                   and exists (
                       select 1 from posts_posts p
                       where p.post_id = posts_timelines.post_id and p.author_id = $2 and p.author_id <> $1
                           and not exists (
                               select 1 from posts_channel_members m
                               where m.channel_id = p.channel_id and m.user_id = $1)
                   )";
    execute!(tx, sql, user, author)
}

/// Takes the posts of a channel that `user` left out of their timeline, except their own and those of people they
/// follow.
pub(crate) async fn forget_channel(tx: &mut Tx, user: UserId, channel: ChannelId) -> village_db::Result<u64> {
    let sql = "delete from posts_timelines
               where user_id = $1
                   and exists (
                       select 1 from posts_posts p
                       where p.post_id = posts_timelines.post_id and p.channel_id = $2 and p.author_id <> $1
                           and not exists (
                               select 1 from users_follows_v f
                               where f.follower_id = $1 and f.followee_id = p.author_id)
                   )";
    execute!(tx, sql, user, channel)
}

/// Records a post with too large an audience under each of its sources (sorted), of which the newest `keep` stay.
pub(crate) async fn add_large(tx: &mut Tx, post: PostId, sources: &[Uuid], keep: u32) -> village_db::Result<()> {
    for source in sources {
        let sql = "insert into posts_large_sources (source_id, last_post_id)
                   values ($1, $2)
                   on conflict (source_id) do update set last_post_id = excluded.last_post_id
                   where posts_large_sources.last_post_id < excluded.last_post_id";
        execute!(tx, sql, *source, post)?;
        let sql = "insert into posts_large_posts (source_id, post_id)
                   values ($1, $2)
                   on conflict (source_id, post_id) do nothing";
        execute!(tx, sql, *source, post)?;
        let sql = "delete from posts_large_posts
                   where source_id = $1
                       and post_id <= (
                           select post_id from posts_large_posts
                           where source_id = $1
                           order by post_id desc
                           limit 1 offset $2)";
        execute!(tx, sql, *source, i64::from(keep))?;
    }
    Ok(())
}

/// The recent posts of large audiences, newest first. One query, however many.
pub(crate) async fn recent_large(
    reader: &mut Reader,
    sources: &[Uuid],
) -> village_db::Result<HashMap<Uuid, Vec<PostId>>> {
    let list: IdList = sources.iter().copied().collect();
    let sql = reader.any_of(
        "select source_id, post_id
         from posts_large_posts
         where source_id = any_of($1)
         order by source_id, post_id desc",
    );
    let rows: Vec<(Uuid, PostId)> = fetch_all!(reader, sql, &list)?;
    let mut recent: HashMap<Uuid, Vec<PostId>> = sources.iter().map(|source| (*source, Vec::new())).collect();
    for (source, post) in rows {
        recent.entry(source).or_default().push(post);
    }
    Ok(recent)
}
