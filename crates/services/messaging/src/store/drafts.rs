//! What people have begun to write. A draft that is over is a row with an empty body: its revision tells late writes.

use village_db::{Result, Tx, execute, fetch_optional};
use village_kernel::{ConversationId, Instant, UserId};

use crate::DraftMark;

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct StoredDraft {
    /// Empty when it is over.
    pub body: String,
    #[sqlx(rename = "draft_key")]
    pub key: String,
    pub revision: i64,
    pub updated_at: Instant,
}

pub(crate) async fn find(tx: &mut Tx, user: UserId, conversation: ConversationId) -> Result<Option<StoredDraft>> {
    let sql = "select body, draft_key, revision, updated_at
               from messaging_drafts
               where user_id = $1 and conversation_id = $2";
    fetch_optional!(tx, sql, user, conversation)
}

/// What a write may take the place of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Over {
    /// An older draft, of which another text up to this revision.
    Known(i64),
    Everything,
}

/// False when the draft that is there is newer than this one, or is another one and newer than what was known. One that is over is
/// another one, and so is one without a key: what goes on with it must have known.
pub(crate) async fn put(
    tx: &mut Tx,
    user: UserId,
    conversation: ConversationId,
    draft: &StoredDraft,
    over: Over,
) -> Result<bool> {
    let StoredDraft { body, key, revision, updated_at } = draft;
    let (is_everything, after) = match over {
        Over::Known(after) => (false, after),
        Over::Everything => (true, i64::MAX),
    };
    let sql = "insert into messaging_drafts (user_id, conversation_id, body, updated_at, draft_key, revision)
               values ($1, $2, $3, $4, $5, $6)
               on conflict (user_id, conversation_id) do update
               set body = excluded.body,
                   updated_at = excluded.updated_at,
                   draft_key = excluded.draft_key,
                   revision = excluded.revision
               where $8 or messaging_drafts.revision < excluded.revision
                   and (messaging_drafts.revision <= $7
                       or (messaging_drafts.draft_key = excluded.draft_key
                           and messaging_drafts.draft_key <> '' and messaging_drafts.body <> ''))";
    Ok(execute!(tx, sql, user, conversation, body, *updated_at, key, *revision, after, is_everything)? == 1)
}

/// Ends the draft with the key of `mark`, and one that was known; not one that is newer than `mark`. What else may be there
/// stays, and is as new as `mark` from then on.
pub(crate) async fn end(
    tx: &mut Tx,
    user: UserId,
    conversation: ConversationId,
    mark: &DraftMark,
    now: Instant,
) -> Result<u64> {
    let sql = "insert into messaging_drafts (user_id, conversation_id, body, updated_at, draft_key, revision)
               values ($1, $2, '', $3, $4, $5)
               on conflict (user_id, conversation_id) do update
               set body = case
                       when messaging_drafts.draft_key = excluded.draft_key or messaging_drafts.revision <= $6 then ''
                       else messaging_drafts.body
                   end,
                   revision = excluded.revision
               where messaging_drafts.revision < excluded.revision
                   or (messaging_drafts.revision = excluded.revision and messaging_drafts.draft_key = excluded.draft_key)";
    execute!(tx, sql, user, conversation, now, &mark.key, mark.revision, mark.after.unwrap_or(0))
}
