//! Likes, and the count that is kept exact beside them.

use village_db::{Reader, Tx, execute, fetch_all, fetch_optional};
use village_kernel::{Instant, PostId, UserId, Viewer};

use crate::access::in_sight;

/// What a like changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Liked {
    /// The person likes this post for the first time ever.
    First,
    Again,
    /// Nothing: they liked it already.
    Already,
}

/// A suspended person likes nothing any more (see [`super::shown::trace`]).
pub(crate) async fn like(tx: &mut Tx, post: PostId, user: UserId, now: Instant) -> village_db::Result<Liked> {
    let sql = "insert into posts_likes (post_id, user_id, liked, liked_at)
               select $1, $2, $3, $4
               where not exists (select 1 from auth_suspended_v s where s.user_id = $2)
               on conflict (post_id, user_id) do nothing";
    if execute!(tx, sql, post, user, true, now)? == 1 {
        return Ok(Liked::First);
    }
    let sql = "update posts_likes set liked = $3, liked_at = $4
               where post_id = $1 and user_id = $2 and not liked
                   and not exists (select 1 from auth_suspended_v s where s.user_id = $2)";
    Ok(if execute!(tx, sql, post, user, true, now)? == 1 { Liked::Again } else { Liked::Already })
}

/// Whether there was a like to take back.
pub(crate) async fn unlike(tx: &mut Tx, post: PostId, user: UserId) -> village_db::Result<bool> {
    let sql = "update posts_likes set liked = $3 where post_id = $1 and user_id = $2 and liked";
    Ok(execute!(tx, sql, post, user, false)? == 1)
}

/// Whether the person likes the post, which is there.
pub(crate) async fn stands(tx: &mut Tx, post: PostId, user: UserId) -> village_db::Result<bool> {
    let sql = "select l.user_id
               from posts_likes l
               join posts_posts p on p.post_id = l.post_id
               where l.post_id = $1 and l.user_id = $2 and l.liked and p.deleted_at is null";
    let row: Option<(UserId,)> = fetch_optional!(tx, sql, post, user)?;
    Ok(row.is_some())
}

/// Adds to the count of a post that is not deleted; `false` when it is.
pub(crate) async fn count(tx: &mut Tx, post: PostId, change: i64) -> village_db::Result<bool> {
    let sql = "update posts_posts set like_count = like_count + $2 where post_id = $1 and deleted_at is null";
    Ok(execute!(tx, sql, post, change)? == 1)
}

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct LikeRow {
    pub user_id: UserId,
    pub liked_at: Instant,
}

/// Who likes the post, newest first, without those whom the viewer does not see.
pub(crate) async fn page(
    reader: &mut Reader,
    viewer: &Viewer,
    post: PostId,
    before: Option<(Instant, UserId)>,
    limit: i64,
) -> village_db::Result<Vec<LikeRow>> {
    let (at, user) = before.unwrap_or((Instant::from_micros(LATEST), UserId(uuid::Uuid::max())));
    let sql = sqlx::AssertSqlSafe(format!(
        "select l.user_id, l.liked_at
         from posts_likes l
         where l.post_id = $2 and l.liked and (l.liked_at, l.user_id) < ($3, $4) and {in_sight}
         order by l.liked_at desc, l.user_id desc
         limit $5",
        in_sight = in_sight("$1", "l.user_id")
    ));
    fetch_all!(reader, sql, viewer.user, post, at, user, limit)
}

/// The year 9999: after every instant that is stored, and within the range of both databases.
pub(crate) const LATEST: i64 = 253_370_764_800_000_000;
