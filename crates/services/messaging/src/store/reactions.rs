//! Who reacted to what.

use village_db::{Connection, Result, Tx, execute, fetch_all, fetch_one};
use village_kernel::{ConversationId, Instant, Limit, UserId};

use crate::message::MessageRow;

/// What counts for the limits of a message.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Tally {
    /// Whether this person has reacted with this emoji.
    pub is_there: bool,
    /// Different emoji this person reacted with.
    pub own: i64,
    /// Different emoji of all, and whether this is one of them.
    pub kinds: i64,
    pub is_known: bool,
}

pub(crate) async fn tally(db: &mut impl Connection, row: &MessageRow, user: UserId, emoji: &str) -> Result<Tally> {
    let sql = "select count(distinct emoji) as kinds,
                      count(case when user_id = $3 then 1 end) as own,
                      count(case when emoji = $4 then 1 end) > 0 as is_known,
                      count(case when user_id = $3 and emoji = $4 then 1 end) > 0 as is_there
               from messaging_reactions
               where conversation_id = $1 and created_seq = $2";
    fetch_one!(db, sql, row.conversation_id, row.created_seq, user, emoji)
}

pub(crate) async fn add(
    tx: &mut Tx,
    row: &MessageRow,
    user: UserId,
    emoji: &str,
    seq: i64,
    now: Instant,
) -> Result<()> {
    let sql = "insert into messaging_reactions (conversation_id, created_seq, emoji, user_id, created_at, reacted_seq)
               values ($1, $2, $3, $4, $5, $6)";
    execute!(tx, sql, row.conversation_id, row.created_seq, emoji, user, now, seq)?;
    count(tx, row, 1, seq).await
}

pub(crate) async fn remove(tx: &mut Tx, row: &MessageRow, user: UserId, emoji: &str, seq: i64) -> Result<()> {
    let sql = "delete from messaging_reactions
               where conversation_id = $1 and created_seq = $2 and emoji = $3 and user_id = $4";
    execute!(tx, sql, row.conversation_id, row.created_seq, emoji, user)?;
    count(tx, row, -1, seq).await
}

async fn count(tx: &mut Tx, row: &MessageRow, change: i64, seq: i64) -> Result<()> {
    let sql = "update messaging_messages
               set reaction_count = reaction_count + $3, changed_seq = $4
               where conversation_id = $1 and created_seq = $2";
    execute!(tx, sql, row.conversation_id, row.created_seq, change, seq).map(|_| ())
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct ReactionRow {
    pub emoji: String,
    pub user_id: UserId,
    pub created_at: Instant,
    pub reacted_seq: i64,
}

/// In the order they were given, after the one at seq `after`, as of seq `upto`. Without those by people whom the viewer
/// has blocked: they do not count for the viewer either.
pub(crate) async fn page(
    db: &mut impl Connection,
    viewer: UserId,
    conversation: ConversationId,
    created_seq: i64,
    after: i64,
    upto: i64,
    limit: Limit,
) -> Result<Vec<ReactionRow>> {
    let sql = "select emoji, user_id, created_at, reacted_seq
               from messaging_reactions r
               where conversation_id = $1 and created_seq = $2 and reacted_seq > $3 and reacted_seq <= $4
                 and not exists (
                     select 1 from users_blocks_v b where b.blocker_id = $6 and b.blocked_id = r.user_id
                 )
               order by reacted_seq
               limit $5";
    fetch_all!(db, sql, conversation, created_seq, after, upto, limit.fetch(), viewer)
}
