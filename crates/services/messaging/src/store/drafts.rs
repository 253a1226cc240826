//! What people have begun to write.

use village_db::{Result, Tx, execute, fetch_optional};
use village_kernel::{ConversationId, Instant, UserId};

use crate::Draft;

pub(crate) async fn find(tx: &mut Tx, user: UserId, conversation: ConversationId) -> Result<Option<Draft>> {
    let sql = "select body, updated_at from messaging_drafts where user_id = $1 and conversation_id = $2";
    let row: Option<(String, Instant)> = fetch_optional!(tx, sql, user, conversation)?;
    Ok(row.map(|(body, updated_at)| Draft { body, updated_at }))
}

pub(crate) async fn put(tx: &mut Tx, user: UserId, conversation: ConversationId, draft: &Draft) -> Result<u64> {
    let sql = "insert into messaging_drafts (user_id, conversation_id, body, updated_at)
               values ($1, $2, $3, $4)
               on conflict (user_id, conversation_id) do update
               set body = excluded.body, updated_at = excluded.updated_at";
    execute!(tx, sql, user, conversation, &draft.body, draft.updated_at)
}

pub(crate) async fn delete(tx: &mut Tx, user: UserId, conversation: ConversationId) -> Result<u64> {
    execute!(tx, "delete from messaging_drafts where user_id = $1 and conversation_id = $2", user, conversation)
}
