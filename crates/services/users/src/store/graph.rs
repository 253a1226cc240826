//! Who follows and blocks whom.
//!
//! Every change runs under [`lock_pair`], so that a follow and a block of the same two people never pass each
//! other, and the counts are those of the rows.

use std::collections::HashSet;

use village_db::{Connection, Engine, IdList, Result, Tx, execute, fetch_all, fetch_one, fetch_optional};
use village_kernel::{Instant, UserId, Viewer};

use super::known_to;
use crate::user::Relationship;

/// Makes other changes to the follows and blocks of these two wait. In the order of ids, so that no two wait for
/// each other. `false` unless both exist.
pub async fn lock_pair(tx: &mut Tx, one: UserId, other: UserId) -> Result<bool> {
    let sql = match tx.engine() {
        Engine::Postgres => {
            "select user_id
             from users_counts
             where user_id in ($1, $2)
             order by user_id
             for update"
        }
        // The one writer holds the lock already.
        Engine::Sqlite => "select user_id from users_counts where user_id in ($1, $2)",
    };
    let locked: Vec<(UserId,)> = fetch_all!(tx, sql, one, other)?;
    Ok(locked.len() == 2)
}

/// How the viewer and `other` stand; `None` when the viewer may not know of `other`.
pub async fn relationship(conn: &mut impl Connection, viewer: &Viewer, other: UserId) -> Result<Option<Relationship>> {
    let sql = concat!(
        "select p.user_id = $1 as is_self,
                exists (select 1 from users_following f
                        where f.user_id = $1 and f.followee_id = p.user_id) as following,
                exists (select 1 from users_following f
                        where f.user_id = p.user_id and f.followee_id = $1) as followed_by,
                exists (select 1 from users_blocks b
                        where b.blocker_id = $1 and b.blocked_id = p.user_id) as blocking
         from users_profiles p
         where p.user_id = $2
           and ",
        known_to!("$1")
    );
    fetch_optional!(conn, sql, viewer.user, other)
}

/// `false` when it stood already.
pub async fn insert_follow(tx: &mut Tx, follower: UserId, followee: UserId, now: Instant) -> Result<bool> {
    let following = "insert into users_following (user_id, followee_id, followed_at)
                     values ($1, $2, $3)
                     on conflict (user_id, followee_id) do nothing";
    if execute!(tx, following, follower, followee, now)? == 0 {
        return Ok(false);
    }
    let followers = "insert into users_followers (user_id, follower_id, followed_at)
                     values ($1, $2, $3)
                     on conflict (user_id, follower_id) do nothing";
    execute!(tx, followers, followee, follower, now)?;
    count(tx, follower, followee, 1).await?;
    Ok(true)
}

/// `false` when there was none.
pub async fn delete_follow(tx: &mut Tx, follower: UserId, followee: UserId) -> Result<bool> {
    let following = "delete from users_following where user_id = $1 and followee_id = $2";
    if execute!(tx, following, follower, followee)? == 0 {
        return Ok(false);
    }
    let followers = "delete from users_followers where user_id = $1 and follower_id = $2";
    execute!(tx, followers, followee, follower)?;
    count(tx, follower, followee, -1).await?;
    Ok(true)
}

/// The rows are locked by [`lock_pair`].
async fn count(tx: &mut Tx, follower: UserId, followee: UserId, change: i64) -> Result<()> {
    execute!(tx, "update users_counts set following = following + $2 where user_id = $1", follower, change)?;
    execute!(tx, "update users_counts set followers = followers + $2 where user_id = $1", followee, change)?;
    Ok(())
}

pub async fn insert_block(tx: &mut Tx, blocker: UserId, blocked: UserId, now: Instant) -> Result<()> {
    let sql = "insert into users_blocks (blocker_id, blocked_id, blocked_at)
               values ($1, $2, $3)
               on conflict (blocker_id, blocked_id) do nothing";
    execute!(tx, sql, blocker, blocked, now).map(|_| ())
}

/// `false` when there was none.
pub async fn delete_block(tx: &mut Tx, blocker: UserId, blocked: UserId) -> Result<bool> {
    let sql = "delete from users_blocks where blocker_id = $1 and blocked_id = $2";
    Ok(execute!(tx, sql, blocker, blocked)? == 1)
}

/// Whether a block stands between the two, either way.
pub async fn blocks_between(conn: &mut impl Connection, one: UserId, other: UserId) -> Result<bool> {
    let sql = "select count(*)
               from users_blocks
               where (blocker_id = $1 and blocked_id = $2) or (blocker_id = $2 and blocked_id = $1)";
    let (blocks,): (i64,) = fetch_one!(conn, sql, one, other)?;
    Ok(blocks > 0)
}

/// Those among `others` between whom and `user` a block stands, either way.
pub async fn blocked_among(conn: &mut impl Connection, user: UserId, others: &[UserId]) -> Result<HashSet<UserId>> {
    let sql = conn.any_of(
        "select blocked_id
         from users_blocks
         where blocker_id = $1 and blocked_id = any_of($2)
         union
         select blocker_id
         from users_blocks
         where blocked_id = $1 and blocker_id = any_of($2)",
    );
    let rows: Vec<(UserId,)> = fetch_all!(conn, sql, user, others.iter().copied().collect::<IdList>())?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Those among `others` whom `user` follows.
pub async fn followed_among(conn: &mut impl Connection, user: UserId, others: &[UserId]) -> Result<HashSet<UserId>> {
    let sql = conn.any_of(
        "select followee_id
         from users_following
         where user_id = $1 and followee_id = any_of($2)",
    );
    let rows: Vec<(UserId,)> = fetch_all!(conn, sql, user, others.iter().copied().collect::<IdList>())?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
