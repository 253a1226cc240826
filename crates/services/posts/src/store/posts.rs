//! Posts and the images in them.

use std::collections::HashMap;

use uuid::Uuid;
use village_db::{Connection, IdList, Reader, Tx, execute, fetch_all, fetch_optional};
use village_kernel::{ChannelId, Instant, MediaId, PostId, UserId, Viewer};
use village_ports::Visibility;

use crate::access::in_sight;

/// What never changes in a post while it exists.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub body: String,
    pub created_at: Instant,
    /// With what stands for them.
    pub media: Vec<(MediaId, String)>,
}

/// Where a post was written, and whether it is still there.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Header {
    pub author_id: UserId,
    pub channel_id: Option<ChannelId>,
    pub visibility: Option<Visibility>,
    pub channel_owner_id: Option<UserId>,
    pub deleted_at: Option<Instant>,
}

pub(crate) struct NewRow<'a> {
    pub id: PostId,
    pub author: UserId,
    pub channel: Option<ChannelId>,
    pub body: &'a str,
    pub media: &'a [(MediaId, String)],
    pub created_at: Instant,
}

pub(crate) async fn insert(tx: &mut Tx, post: &NewRow<'_>) -> village_db::Result<()> {
    let sql = "insert into posts_posts (post_id, author_id, channel_id, body, created_at)
               values ($1, $2, $3, $4, $5)";
    execute!(tx, sql, post.id, post.author, post.channel, post.body, post.created_at)?;
    let sql = "insert into posts_post_media (post_id, position, media_id, alt) values ($1, $2, $3, $4)";
    for (position, (media, alt)) in post.media.iter().enumerate() {
        execute!(tx, sql, post.id, position as i64, *media, alt)?;
    }
    Ok(())
}

pub(crate) async fn find_header(conn: &mut impl Connection, post: PostId) -> village_db::Result<Option<Header>> {
    let sql = "select p.author_id, p.channel_id, c.visibility, c.owner_id as channel_owner_id, p.deleted_at
               from posts_posts p
               left join posts_channels c on c.channel_id = p.channel_id
               where p.post_id = $1";
    fetch_optional!(conn, sql, post)
}

/// Takes the words and pictures out of the post and returns the pictures; `None` when it was deleted already.
pub(crate) async fn erase(tx: &mut Tx, post: PostId, now: Instant) -> village_db::Result<Option<Vec<MediaId>>> {
    let sql = "update posts_posts set deleted_at = $2, body = '' where post_id = $1 and deleted_at is null";
    if execute!(tx, sql, post, now)? == 0 {
        return Ok(None);
    }
    let sql = "delete from posts_post_media where post_id = $1 returning media_id";
    let rows: Vec<(MediaId,)> = fetch_all!(tx, sql, post)?;
    let mut media: Vec<MediaId> = rows.into_iter().map(|(media,)| media).collect();
    media.sort_unstable();
    Ok(Some(media))
}

/// The contents of those among `ids` that are not deleted. Two queries, however many.
pub(crate) async fn contents(reader: &mut Reader, ids: &[PostId]) -> village_db::Result<HashMap<PostId, Content>> {
    let list: IdList = ids.iter().copied().collect();
    let sql = reader.any_of(
        "select post_id, body, created_at
         from posts_posts
         where post_id = any_of($1) and deleted_at is null",
    );
    let rows: Vec<(PostId, String, Instant)> = fetch_all!(reader, sql, &list)?;
    let mut contents: HashMap<PostId, Content> =
        rows.into_iter().map(|(id, body, created_at)| (id, Content { body, created_at, media: Vec::new() })).collect();
    let sql = reader.any_of(
        "select post_id, media_id, alt
         from posts_post_media
         where post_id = any_of($1)
         order by post_id, position",
    );
    let rows: Vec<(PostId, MediaId, String)> = fetch_all!(reader, sql, &list)?;
    for (post, media, alt) in rows {
        if let Some(content) = contents.get_mut(&post) {
            content.media.push((media, alt));
        }
    }
    Ok(contents)
}

/// Where a list of ids starts when nothing was shown yet: newest first, before everything.
pub(crate) fn or_newest(before: Option<PostId>) -> PostId {
    before.unwrap_or(PostId(Uuid::max()))
}

/// Ids of a channel's posts, newest first. Says nothing about access.
pub(crate) async fn ids_in_channel(
    reader: &mut Reader,
    channel: ChannelId,
    before: Option<PostId>,
    limit: i64,
) -> village_db::Result<Vec<PostId>> {
    let sql = "select post_id
               from posts_posts
               where channel_id = $1 and post_id < $2 and deleted_at is null
               order by post_id desc
               limit $3";
    let rows: Vec<(PostId,)> = fetch_all!(reader, sql, channel, or_newest(before), limit)?;
    Ok(rows.into_iter().map(|(post,)| post).collect())
}

/// Ids of a person's posts, newest first. Leaves out early what the viewer cannot see anyway, so that pages are
/// mostly full; what remains is checked as always.
pub(crate) async fn ids_by_author(
    reader: &mut Reader,
    viewer: &Viewer,
    author: UserId,
    before: Option<PostId>,
    limit: i64,
) -> village_db::Result<Vec<PostId>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select p.post_id
         from posts_posts p
         where p.author_id = $2 and p.post_id < $3 and p.deleted_at is null
             and {in_sight}
             and (
                 p.channel_id is not null
                 or $1 = $2
                 or exists (select 1 from users_follows_v f where f.follower_id = $1 and f.followee_id = $2)
             )
         order by p.post_id desc
         limit $4",
        in_sight = in_sight("$1", "$2")
    ));
    let rows: Vec<(PostId,)> = fetch_all!(reader, sql, viewer.user, author, or_newest(before), limit)?;
    Ok(rows.into_iter().map(|(post,)| post).collect())
}
