//! What edited messages said before.

use village_db::{Connection, Result, Tx, execute, fetch_all};
use village_kernel::{ConversationId, Instant};

use crate::message::MessageRow;

/// Replaces what the message says, and keeps what it said.
pub(crate) async fn edit(
    tx: &mut Tx,
    row: &MessageRow,
    body: &str,
    mentions: Option<&str>,
    seq: i64,
    now: Instant,
) -> Result<()> {
    let sql = "insert into messaging_edits (conversation_id, created_seq, changed_seq, body, written_at)
               values ($1, $2, $3, $4, $5)";
    let written_at = row.edited_at.unwrap_or(row.created_at);
    execute!(tx, sql, row.conversation_id, row.created_seq, row.body_seq(), row.body.as_str(), written_at)?;
    let sql = "update messaging_messages
               set body = $3, mentions = $4, edited_at = $5, edited_seq = $6, changed_seq = $6,
                   edit_count = edit_count + 1
               where conversation_id = $1 and created_seq = $2";
    execute!(tx, sql, row.conversation_id, row.created_seq, body, mentions, now, seq).map(|_| ())
}

/// What the message said up to the seq `upto` and does not say any more, oldest first; at most as often as a message
/// can be edited.
pub(crate) async fn upto(
    db: &mut impl Connection,
    conversation: ConversationId,
    created_seq: i64,
    upto: i64,
) -> Result<Vec<(String, Instant)>> {
    let sql = "select body, written_at
               from messaging_edits
               where conversation_id = $1 and created_seq = $2 and changed_seq <= $3
               order by changed_seq
               limit 100";
    fetch_all!(db, sql, conversation, created_seq, upto)
}
