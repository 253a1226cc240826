//! Who is to hear of a message.

use village_db::{Connection, Result, fetch_all, fetch_optional};
use village_kernel::{ConversationId, Instant, UserId};

use crate::{MemberState, NotifyLevel};

/// Whom the message at `seq` mentions; `None` when there is no such message, or not any more.
pub(crate) async fn mentioned(
    db: &mut impl Connection,
    conversation: ConversationId,
    seq: i64,
) -> Result<Option<Vec<UserId>>> {
    let sql = "select mentions
               from messaging_messages
               where conversation_id = $1 and created_seq = $2 and deleted_at is null";
    let row: Option<(Option<String>,)> = fetch_optional!(db, sql, conversation, seq)?;
    Ok(row.map(|(json,)| json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()))
}

/// A member with what they want to be told.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Listener {
    pub user_id: UserId,
    pub state: MemberState,
    pub read_seq: i64,
    pub notify: NotifyLevel,
    pub muted_until: Option<Instant>,
}

/// Those who take part now and did at `seq`, but for `sender`, in the order of ids.
pub(crate) async fn listeners(
    db: &mut impl Connection,
    conversation: ConversationId,
    seq: i64,
    sender: UserId,
) -> Result<Vec<Listener>> {
    let sql = "select user_id, state, read_seq, notify, muted_until
               from messaging_members
               where conversation_id = $1 and left_seq is null and joined_seq <= $2 and user_id <> $3
               order by user_id";
    fetch_all!(db, sql, conversation, seq, sender)
}

/// Those among `people` who have read up to `seq`.
pub(crate) async fn have_read(
    db: &mut impl Connection,
    conversation: ConversationId,
    seq: i64,
    people: &[UserId],
) -> Result<Vec<UserId>> {
    let sql = db.any_of(
        "select user_id
         from messaging_members
         where conversation_id = $1 and read_seq >= $2 and user_id = any_of($3)",
    );
    let list: village_db::IdList = people.iter().copied().collect();
    let rows: Vec<(UserId,)> = fetch_all!(db, sql, conversation, seq, &list)?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}
