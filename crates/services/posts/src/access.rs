//! Who sees a post: the one place that says so. The rule is SQL, because it is asked of many posts, or of many
//! readers, at once; everything that shows a post, or tells of one, asks here.
//!
//! A post without a channel is seen by its author and the author's followers; in an open channel by everyone in the
//! community; in a private channel by its members. Never across a block, in either direction, never when deleted,
//! never when its author is suspended. The answer is used at once and never cached.

use std::collections::HashSet;

use village_db::{Connection, IdList, Reader, fetch_all, fetch_optional};
use village_kernel::{ChannelId, PostId, UserId, Viewer};
use village_ports::{ChannelSummary, Visibility};

use crate::store::shown;

/// Whether the words of `author` may reach `viewer` at all. Both are SQL: a parameter or a column. Where the viewer is a
/// parameter, the two lists of blocks, which are short, are read once for a page, not once for each of its rows.
pub(crate) fn in_sight(viewer: &str, author: &str) -> String {
    format!(
        "not exists (select 1 from auth_suspended_v s where s.user_id = {author})
         and {author} not in (select b.blocked_id from users_blocks_v b where b.blocker_id = {viewer})
         and {author} not in (select b.blocker_id from users_blocks_v b where b.blocked_id = {viewer})"
    )
}

/// Whether `viewer` may see the row `p` of `posts_posts`, to which [`ITS_CHANNEL`] is joined. `viewer` is SQL: a parameter
/// or a column.
pub(crate) fn visible_to(viewer: &str) -> String {
    format!(
        "p.deleted_at is null
         and {in_sight}
         and case
             when p.channel_id is null then
                 p.author_id = {viewer}
                 or exists (
                     select 1 from users_follows_v f where f.follower_id = {viewer} and f.followee_id = p.author_id)
             else
                 c.visibility = 'open'
                 or exists (
                     select 1 from posts_channel_members a
                     where a.channel_id = p.channel_id and a.user_id = {viewer})
         end",
        in_sight = in_sight(viewer, "p.author_id")
    )
}

/// What [`visible_to`] needs beside the post.
const ITS_CHANNEL: &str = "left join posts_channels c on c.channel_id = p.channel_id";

/// A post that the viewer may see now, with what changes too often to be cached. The counts are of what the viewer is
/// shown.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Sight {
    pub post_id: PostId,
    pub author_id: UserId,
    pub like_count: i64,
    pub comment_count: i64,
    pub liked: bool,
    channel_id: Option<ChannelId>,
    slug: Option<String>,
    name: Option<String>,
    visibility: Option<Visibility>,
    channel_owner_id: Option<UserId>,
}

impl Sight {
    pub(crate) fn channel(&self) -> Option<ChannelSummary> {
        Some(ChannelSummary {
            id: self.channel_id?,
            slug: self.slug.clone()?,
            name: self.name.clone()?,
            visibility: self.visibility?,
        })
    }

    /// The author, the owner of the channel, and those who moderate the community.
    pub(crate) fn can_delete(&self, viewer: &Viewer) -> bool {
        self.author_id == viewer.user || self.channel_owner_id == Some(viewer.user) || viewer.role.moderates()
    }
}

/// Those among `ids` that the viewer may see now, in the order of `ids`. One query.
pub(crate) async fn visible_among(
    reader: &mut Reader,
    viewer: &Viewer,
    ids: &[PostId],
) -> village_db::Result<Vec<Sight>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = reader.any_of_together(&format!(
        "{blocks}
         select p.post_id, p.author_id, {likes} as like_count, {comments} as comment_count,
                p.like_count > 0 and exists (
                    select 1 from posts_likes l
                    where l.post_id = p.post_id and l.user_id = $1 and l.liked
                ) as liked,
                c.channel_id, c.slug, c.name, c.visibility, c.owner_id as channel_owner_id
         from posts_posts p
         {ITS_CHANNEL}
         where p.post_id = any_of($2) and {visible}",
        blocks = shown::WITH_BLOCKS,
        likes = shown::likes(),
        comments = shown::comments(),
        visible = visible_to("$1")
    ));
    let list: village_db::IdList = ids.iter().copied().collect();
    let rows: Vec<Sight> = fetch_all!(reader, sql, viewer.user, &list)?;
    let mut by_id: std::collections::HashMap<PostId, Sight> =
        rows.into_iter().map(|sight| (sight.post_id, sight)).collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}

/// The author of the post, if the viewer may see it now. Also inside a transaction that adds to the post.
pub(crate) async fn author_if_visible(
    conn: &mut impl Connection,
    viewer: &Viewer,
    post: PostId,
) -> village_db::Result<Option<UserId>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select p.author_id from posts_posts p {ITS_CHANNEL} where p.post_id = $2 and {}",
        visible_to("$1")
    ));
    let row: Option<(UserId,)> = fetch_optional!(conn, sql, viewer.user, post)?;
    Ok(row.map(|(author,)| author))
}

/// Those among `readers` who may see the post now, in the order of ids.
pub(crate) async fn readers_among(
    reader: &mut Reader,
    post: PostId,
    readers: &[UserId],
) -> village_db::Result<Vec<UserId>> {
    let sql = reader.any_of(&format!(
        "select r.user_id
         from users_people_v r
         join posts_posts p on p.post_id = $1
         {ITS_CHANNEL}
         where r.user_id = any_of($2) and {}
         order by r.user_id",
        visible_to("r.user_id")
    ));
    let list: village_db::IdList = readers.iter().copied().collect();
    let rows: Vec<(UserId,)> = fetch_all!(reader, sql, post, &list)?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// Those among `pairs` of a reader and a post in which the reader may see the post now. One query.
pub(crate) async fn visible_pairs(
    reader: &mut Reader,
    pairs: &[(UserId, PostId)],
) -> village_db::Result<HashSet<(UserId, PostId)>> {
    if pairs.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = reader.any_of(&format!(
        "select asked.one, asked.other
         from pairs_of($1) asked
         join posts_posts p on p.post_id = asked.other
         {ITS_CHANNEL}
         where {}",
        visible_to("asked.one")
    ));
    let rows: Vec<(UserId, PostId)> = fetch_all!(reader, sql, IdList::of_pairs(pairs.iter().copied()))?;
    Ok(rows.into_iter().collect())
}
