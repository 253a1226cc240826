//! Changes of a conversation itself: taking its next seq, and the rows that tell of them.

use village_db::{Result, Tx, execute, fetch_optional};
use village_kernel::{ConversationId, Instant, MediaId, MessageId, UserId};

use crate::conversation::ConversationKind;
use crate::event::ConversationEvent;

/// Members of one conversation, at most.
pub(crate) const MAX_MEMBERS: i64 = 1_000;

/// A conversation whose row is locked, with the seq that was taken.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Taken {
    pub id: ConversationId,
    pub kind: ConversationKind,
    pub last_seq: i64,
    pub message_count: i64,
    pub name: Option<String>,
    pub picture_media_id: Option<MediaId>,
    pub retention_seconds: Option<i64>,
}

/// Takes the next seq, so that everything else that changes the conversation or its members waits until `tx` ends.
/// `None` when there is no such conversation.
pub(crate) async fn take_seq(tx: &mut Tx, conversation: ConversationId, now: Instant) -> Result<Option<Taken>> {
    let sql = "update messaging_conversations
               set last_seq = last_seq + 1,
                   active_at = case when active_at > $2 then active_at else $2 end,
                   changed_at = case when changed_at > $2 then changed_at else $2 end
               where id = $1
               returning id, kind, last_seq, message_count, name, picture_media_id, retention_seconds";
    fetch_optional!(tx, sql, conversation, now)
}

/// The row that tells of `event`, at the seq taken for it.
pub(crate) async fn insert_event(
    tx: &mut Tx,
    taken: &Taken,
    actor: UserId,
    event: &ConversationEvent,
    now: Instant,
) -> Result<u64> {
    let id = MessageId::new(now);
    let sql = "insert into messaging_messages
                   (conversation_id, created_seq, changed_seq, id, number, kind, sender_id, client_id, body, event,
                    created_at)
               values ($1, $2, $2, $3, $4, 'event', $5, $6, '', $7, $8)";
    // No client can choose a `client_id` with a space in it.
    let client_id = format!("event {id}");
    execute!(tx, sql, taken.id, taken.last_seq, id, taken.message_count, actor, client_id, event.to_json(), now)
}

/// Counts `change` more members; false when that would be more than [`MAX_MEMBERS`].
pub(crate) async fn count_members(tx: &mut Tx, conversation: ConversationId, change: i64) -> Result<bool> {
    let sql = "update messaging_conversations
               set member_count = member_count + $2
               where id = $1 and member_count + $2 <= $3";
    Ok(execute!(tx, sql, conversation, change, MAX_MEMBERS)? == 1)
}

pub(crate) async fn rename(tx: &mut Tx, conversation: ConversationId, name: &str) -> Result<u64> {
    execute!(tx, "update messaging_conversations set name = $2 where id = $1", conversation, name)
}

pub(crate) async fn set_picture(tx: &mut Tx, conversation: ConversationId, picture: Option<MediaId>) -> Result<u64> {
    execute!(tx, "update messaging_conversations set picture_media_id = $2 where id = $1", conversation, picture)
}

pub(crate) async fn set_retention(tx: &mut Tx, conversation: ConversationId, seconds: Option<i64>) -> Result<u64> {
    execute!(tx, "update messaging_conversations set retention_seconds = $2 where id = $1", conversation, seconds)
}
