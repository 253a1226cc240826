//! How many likes, comments and members a viewer is shown: as many as the list of them has for the same viewer.
//!
//! The stored counts are of everybody. What belongs to people whom the viewer does not see is subtracted by the
//! statement that reads the count; nothing about a viewer is stored or cached. The cost follows the number of hidden
//! people, never the number of likes: blocks are few, and suspended people are looked for only where they left a trace.

use sqlx::AssertSqlSafe;
use village_db::{Connection, Engine, Tx, execute, fetch_one};
use village_kernel::{PostId, UserId, Viewer};

/// Begins a statement that uses the counts below: whom viewer `$1` does not see because of a block, read once. Who is
/// suspended besides is left to the traces, so that nobody is subtracted twice.
pub(crate) const WITH_BLOCKS: &str = "with blocks (user_id) as materialized (
        select b.blocked_id
        from users_blocks_v b
        where b.blocker_id = $1 and not exists (select 1 from auth_suspended_v s where s.user_id = b.blocked_id)
        union
        select b.blocker_id
        from users_blocks_v b
        where b.blocked_id = $1 and not exists (select 1 from auth_suspended_v s where s.user_id = b.blocker_id))";

/// The likes of post `p` that the viewer is shown.
pub(crate) fn likes() -> String {
    shown("p.like_count", "p.post_id", "posts_likes x where x.post_id = p.post_id and x.liked and x.user_id")
}

/// The comments on post `p` that the viewer is shown.
pub(crate) fn comments() -> String {
    let comments = "posts_comments x where x.post_id = p.post_id and x.deleted_at is null and x.author_id";
    shown("p.comment_count", "p.post_id", comments)
}

/// The members of channel `c` that the viewer is shown.
pub(crate) fn members() -> String {
    shown("c.member_count", "c.channel_id", "posts_channel_members x where x.channel_id = c.channel_id and x.user_id")
}

/// `total` without the `rows` of hidden people. `rows` ends with the column that names a person; each hidden person is
/// looked up in an index. A scalar question, because a planner turns none into a join that reads all rows of a popular post.
fn shown(total: &str, thing: &str, rows: &str) -> String {
    format!(
        "{total} - case when {total} = 0 then 0 else
             (select cast(coalesce(sum((select count(*) from {rows} = h.user_id)), 0) as bigint)
              from blocks h)
             + (select cast(coalesce(sum((select count(*) from {rows} = t.user_id)), 0) as bigint)
                from posts_suspended_traces t
                where t.thing_id = {thing}
                    and exists (select 1 from auth_suspended_v s where s.user_id = t.user_id))
         end"
    )
}

/// The likes of the post that the viewer is shown.
pub(crate) async fn like_count(conn: &mut impl Connection, viewer: &Viewer, post: PostId) -> village_db::Result<i64> {
    let sql = format!("{WITH_BLOCKS} select {} from posts_posts p where p.post_id = $2", likes());
    let (count,): (i64,) = fetch_one!(conn, AssertSqlSafe(sql), viewer.user, post)?;
    Ok(count)
}

/// Notes where a person who was suspended in `tx` left something that is counted. Nobody who is suspended begins
/// anything new (the inserts say so), so the notes stay complete.
pub(crate) async fn trace(tx: &mut Tx, user: UserId) -> village_db::Result<()> {
    if tx.engine() == Engine::Postgres {
        // Waits for what is being written meanwhile, perhaps by this person; on SQLite nobody writes beside us.
        execute!(tx, "lock table posts_likes, posts_comments, posts_channel_members in share mode")?;
    }
    let sql = "insert into posts_suspended_traces (thing_id, user_id)
               select post_id, user_id from posts_likes where user_id = $1 and liked
               union
               select post_id, author_id from posts_comments where author_id = $1 and deleted_at is null
               union
               select channel_id, user_id from posts_channel_members where user_id = $1
               on conflict (thing_id, user_id) do nothing";
    execute!(tx, sql, user).map(|_| ())
}
