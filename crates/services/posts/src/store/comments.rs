//! Comments, and the count that is kept exact beside them.

use village_db::{Connection, Reader, Tx, execute, fetch_all, fetch_optional};
use village_kernel::{CommentId, Instant, PostId, UserId, Viewer};

use crate::access::in_sight;

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct CommentRow {
    pub comment_id: CommentId,
    pub post_id: PostId,
    pub author_id: UserId,
    pub body: String,
    pub created_at: Instant,
}

/// Adds the comment and counts it; `false` when the post is deleted or the author suspended (see [`super::shown::trace`]),
/// and then the caller must undo.
pub(crate) async fn insert(tx: &mut Tx, comment: &CommentRow) -> village_db::Result<bool> {
    let CommentRow { comment_id, post_id, author_id, body, created_at } = comment;
    let sql = "insert into posts_comments (comment_id, post_id, author_id, body, created_at)
               select $1, $2, $3, $4, $5
               where not exists (select 1 from auth_suspended_v s where s.user_id = $3)";
    if execute!(tx, sql, *comment_id, *post_id, *author_id, body, *created_at)? == 0 {
        return Ok(false);
    }
    let sql = "update posts_posts set comment_count = comment_count + 1 where post_id = $1 and deleted_at is null";
    Ok(execute!(tx, sql, *post_id)? == 1)
}

/// Who wrote a comment that is there, under that post.
pub(crate) async fn find_author(tx: &mut Tx, post: PostId, comment: CommentId) -> village_db::Result<Option<UserId>> {
    let sql = "select author_id
               from posts_comments
               where comment_id = $1 and post_id = $2 and deleted_at is null";
    let row: Option<(UserId,)> = fetch_optional!(tx, sql, comment, post)?;
    Ok(row.map(|(author,)| author))
}

/// Takes the words out of the comment and counts it no more; `false` when that was done before.
pub(crate) async fn erase(tx: &mut Tx, post: PostId, comment: CommentId, now: Instant) -> village_db::Result<bool> {
    let sql = "update posts_comments set deleted_at = $3, body = ''
               where comment_id = $1 and post_id = $2 and deleted_at is null";
    if execute!(tx, sql, comment, post, now)? == 0 {
        return Ok(false);
    }
    execute!(tx, "update posts_posts set comment_count = comment_count - 1 where post_id = $1", post)?;
    Ok(true)
}

/// Whether the comment is there, under a post that is.
pub(crate) async fn stands(tx: &mut Tx, post: PostId, comment: CommentId) -> village_db::Result<bool> {
    let sql = "select k.comment_id
               from posts_comments k
               join posts_posts p on p.post_id = k.post_id
               where k.comment_id = $1 and k.post_id = $2 and k.deleted_at is null and p.deleted_at is null";
    let row: Option<(CommentId,)> = fetch_optional!(tx, sql, comment, post)?;
    Ok(row.is_some())
}

/// The newest comment of `author` under the post, when both are there.
pub(crate) async fn newest_of(tx: &mut Tx, post: PostId, author: UserId) -> village_db::Result<Option<CommentId>> {
    let sql = "select k.comment_id
               from posts_comments k
               join posts_posts p on p.post_id = k.post_id
               where k.post_id = $1 and k.author_id = $2 and k.deleted_at is null and p.deleted_at is null
               order by k.comment_id desc
               limit 1";
    let row: Option<(CommentId,)> = fetch_optional!(tx, sql, post, author)?;
    Ok(row.map(|(comment,)| comment))
}

/// Oldest first, without those of people whom the viewer does not see.
pub(crate) async fn page(
    reader: &mut Reader,
    viewer: &Viewer,
    post: PostId,
    after: Option<CommentId>,
    limit: i64,
) -> village_db::Result<Vec<CommentRow>> {
    let after = after.unwrap_or(CommentId(uuid::Uuid::nil()));
    let sql = sqlx::AssertSqlSafe(format!(
        "select k.comment_id, k.post_id, k.author_id, k.body, k.created_at
         from posts_comments k
         where k.post_id = $2 and k.comment_id > $3 and k.deleted_at is null and {in_sight}
         order by k.comment_id
         limit $4",
        in_sight = in_sight("$1", "k.author_id")
    ));
    fetch_all!(reader, sql, viewer.user, post, after, limit)
}

/// One comment that is there and that the viewer sees, if they see the post.
pub(crate) async fn find(
    conn: &mut impl Connection,
    viewer: &Viewer,
    post: PostId,
    comment: CommentId,
) -> village_db::Result<Option<CommentRow>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select k.comment_id, k.post_id, k.author_id, k.body, k.created_at
         from posts_comments k
         where k.comment_id = $3 and k.post_id = $2 and k.deleted_at is null and {in_sight}",
        in_sight = in_sight("$1", "k.author_id")
    ));
    fetch_optional!(conn, sql, viewer.user, post, comment)
}
