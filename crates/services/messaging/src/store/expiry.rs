//! What ends with time.

use uuid::Uuid;
use village_db::{Connection, Result, Tx, execute, fetch_all, fetch_one};
use village_kernel::{ConversationId, Instant, MediaId};

/// A conversation that does not keep its messages for good.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Expiring {
    pub id: ConversationId,
    pub retention_seconds: i64,
}

/// In the order of ids, after `after`.
pub(crate) async fn conversations(
    db: &mut impl Connection,
    after: Option<ConversationId>,
    limit: i64,
) -> Result<Vec<Expiring>> {
    let sql = "select id, retention_seconds
               from messaging_conversations
               where retention_seconds is not null and id > $1
               order by id
               limit $2";
    fetch_all!(db, sql, after.unwrap_or(ConversationId(Uuid::nil())), limit)
}

/// Seq and number of the last of the oldest `limit` messages that were all written by `before`; `None` when even the
/// first is younger. Clocks of nodes differ, so times may go back a little where seqs go on: what follows a younger
/// message waits for it.
pub(crate) async fn end_of(
    db: &mut impl Connection,
    conversation: ConversationId,
    before: Instant,
    limit: i64,
) -> Result<Option<(i64, i64)>> {
    let sql = "select created_seq, number, created_at
               from messaging_messages
               where conversation_id = $1
               order by created_seq
               limit $2";
    let oldest: Vec<(i64, i64, Instant)> = fetch_all!(db, sql, conversation, limit)?;
    let ended = oldest.into_iter().take_while(|(_, _, created_at)| *created_at <= before);
    Ok(ended.last().map(|(seq, number, _)| (seq, number)))
}

/// False when that has ended already, or messages are kept for another time now.
pub(crate) async fn move_end(
    tx: &mut Tx,
    conversation: ConversationId,
    retention_seconds: i64,
    seq: i64,
    number: i64,
) -> Result<bool> {
    let sql = "update messaging_conversations
               set expired_seq = $3, expired_number = $4
               where id = $1 and retention_seconds = $2 and expired_seq < $3";
    Ok(execute!(tx, sql, conversation, retention_seconds, seq, number)? == 1)
}

/// Deletes the messages and all that belongs to them. Returns how many, and which images they showed.
pub(crate) async fn delete_up_to(tx: &mut Tx, conversation: ConversationId, seq: i64) -> Result<(u64, Vec<MediaId>)> {
    let pinned = "select count(*)
                  from messaging_messages
                  where conversation_id = $1 and created_seq <= $2 and pinned_at is not null";
    let (pinned,): (i64,) = fetch_one!(tx, pinned, conversation, seq)?;
    if pinned > 0 {
        let sql = "update messaging_conversations set pinned_count = pinned_count - $2 where id = $1";
        execute!(tx, sql, conversation, pinned)?;
    }
    for sql in [
        "delete from messaging_reactions where conversation_id = $1 and created_seq <= $2",
        "delete from messaging_edits where conversation_id = $1 and created_seq <= $2",
        "delete from messaging_search where conversation_id = $1 and created_seq <= $2",
    ] {
        execute!(tx, sql, conversation, seq)?;
    }
    let sql = "delete from messaging_images where conversation_id = $1 and created_seq <= $2 returning media_id";
    let media: Vec<(MediaId,)> = fetch_all!(tx, sql, conversation, seq)?;
    let sql = "delete from messaging_messages where conversation_id = $1 and created_seq <= $2";
    let deleted = execute!(tx, sql, conversation, seq)?;
    Ok((deleted, media.into_iter().map(|(media,)| media).collect()))
}
