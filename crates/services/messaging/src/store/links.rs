//! Links into groups: one each, found by the hash of its code.

use uuid::Uuid;
use village_db::{Connection, Result, Tx, execute, fetch_optional};
use village_kernel::{ConversationId, Instant, MediaId, UserId};

/// Where a link leads.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Link {
    pub conversation_id: ConversationId,
    pub name: Option<String>,
    pub picture_media_id: Option<MediaId>,
    pub member_count: i64,
}

/// `None` when there is none, or it has expired.
pub(crate) async fn find(db: &mut impl Connection, code_hash: &[u8], now: Instant) -> Result<Option<Link>> {
    let sql = "select l.conversation_id, c.name, c.picture_media_id, c.member_count
               from messaging_links l
               join messaging_conversations c on c.id = l.conversation_id
               where l.code_hash = $1 and l.expires_at > $2";
    fetch_optional!(db, sql, code_hash, now)
}

pub(crate) async fn replace(
    tx: &mut Tx,
    conversation: ConversationId,
    code_hash: &[u8],
    created_by: UserId,
    now: Instant,
    expires_at: Instant,
) -> Result<u64> {
    let sql = "insert into messaging_links (conversation_id, link_id, code_hash, created_by, created_at, expires_at)
               values ($1, $2, $3, $4, $5, $6)
               on conflict (conversation_id) do update
               set link_id = excluded.link_id,
                   code_hash = excluded.code_hash,
                   created_by = excluded.created_by,
                   created_at = excluded.created_at,
                   expires_at = excluded.expires_at";
    let link_id = Uuid::new_v4();
    execute!(tx, sql, conversation, link_id, code_hash, created_by, now, expires_at)
}

pub(crate) async fn delete(tx: &mut Tx, conversation: ConversationId) -> Result<u64> {
    execute!(tx, "delete from messaging_links where conversation_id = $1", conversation)
}

/// Deletes at most `limit` that have expired.
pub(crate) async fn delete_expired(tx: &mut Tx, now: Instant, limit: i64) -> Result<u64> {
    let sql = "delete from messaging_links
               where conversation_id in (
                   select conversation_id from messaging_links where expires_at <= $1 limit $2)";
    execute!(tx, sql, now, limit)
}
