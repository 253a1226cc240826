//! Sequence marks: what a node compares with what it has delivered.

use village_db::{Connection, IdList, Result, fetch_all, fetch_optional};
use village_kernel::{ConversationId, Instant, UserId};

use crate::MemberState;

/// The conversations a person takes part in with their last seq, the liveliest first.
pub(crate) async fn rooms(db: &mut impl Connection, user: UserId, limit: i64) -> Result<Vec<(ConversationId, i64)>> {
    let sql = "select c.id, c.last_seq
               from messaging_members me
               join messaging_conversations c on c.id = me.conversation_id
               where me.user_id = $1 and me.left_seq is null and me.state <> 'declined'
               order by c.active_at desc
               limit $2";
    fetch_all!(db, sql, user, limit)
}

pub(crate) async fn membership_seq(db: &mut impl Connection, user: UserId) -> Result<i64> {
    let sql = "select seq from messaging_membership_marks where user_id = $1";
    let row: Option<(i64,)> = fetch_optional!(db, sql, user)?;
    Ok(row.map_or(0, |(seq,)| seq))
}

pub(crate) async fn membership_seqs(db: &mut impl Connection, people: &IdList) -> Result<Vec<(UserId, i64)>> {
    let sql = db.any_of("select user_id, seq from messaging_membership_marks where user_id = any_of($1)");
    fetch_all!(db, sql, people)
}

/// The conversations of `people` that changed since `since`: one row for each person and conversation.
pub(crate) async fn changed_since(
    db: &mut impl Connection,
    people: &IdList,
    since: Instant,
) -> Result<Vec<(UserId, ConversationId, i64)>> {
    let sql = db.any_of(
        "select me.user_id, c.id, c.last_seq
         from messaging_conversations c
         join messaging_members me on me.conversation_id = c.id
         where c.changed_at >= $2 and me.left_seq is null and me.state <> 'declined' and me.user_id = any_of($1)",
    );
    fetch_all!(db, sql, people, since)
}

/// A change of one person's membership.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct MembershipChange {
    pub conversation_id: ConversationId,
    pub membership_seq: i64,
    pub joined_seq: i64,
    pub left_seq: Option<i64>,
    pub state: MemberState,
    pub last_seq: i64,
}

/// What changed after the membership seq `seq`, oldest first.
pub(crate) async fn memberships_after(
    db: &mut impl Connection,
    user: UserId,
    seq: i64,
    limit: i64,
) -> Result<Vec<MembershipChange>> {
    let sql = "select me.conversation_id, me.membership_seq, me.joined_seq, me.left_seq, me.state, c.last_seq
               from messaging_members me
               join messaging_conversations c on c.id = me.conversation_id
               where me.user_id = $1 and me.membership_seq > $2
               order by me.membership_seq
               limit $3";
    fetch_all!(db, sql, user, seq, limit)
}

/// The mark of whoever has blocked nobody.
pub(crate) const NO_BLOCKS: &str = "0";

/// A mark of each person's list of blocks, which differs whenever the list does: how many there are, and when the last one
/// was made. Those who have blocked nobody are left out.
pub(crate) async fn blocks(db: &mut impl Connection, people: &IdList) -> Result<Vec<(UserId, String)>> {
    let sql = db.any_of(
        "select blocker_id, count(*), max(blocked_at)
         from users_block_times_v
         where blocker_id = any_of($1)
         group by blocker_id",
    );
    let rows: Vec<(UserId, i64, Instant)> = fetch_all!(db, sql, people)?;
    let mark = |(user, count, newest): (UserId, i64, Instant)| (user, format!("{count}.{}", newest.as_micros()));
    Ok(rows.into_iter().map(mark).collect())
}
