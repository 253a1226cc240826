//! What is stored anew when the rules for texts and emoji change.

use uuid::Uuid;
use village_db::{Result, Tx, execute, fetch_all};
use village_kernel::{ConversationId, Instant, UserId};

use super::changes::next_seq;

pub(crate) type MessageKey = (ConversationId, i64);
/// Conversation, message, emoji, person.
pub(crate) type ReactionKey = (ConversationId, i64, String, UserId);

/// A message, and the words by which it is found now.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Said {
    pub conversation_id: ConversationId,
    pub created_seq: i64,
    pub body: String,
    pub words: Option<String>,
}

impl Said {
    pub fn key(&self) -> MessageKey {
        (self.conversation_id, self.created_seq)
    }
}

/// In the order of their keys, after `after`.
pub(crate) async fn messages(tx: &mut Tx, after: Option<MessageKey>, limit: i64) -> Result<Vec<Said>> {
    let (conversation, seq) = after.unwrap_or((ConversationId(Uuid::nil()), 0));
    let sql = "select m.conversation_id, m.created_seq, m.body, s.words
               from messaging_messages m
               left join messaging_search s on s.conversation_id = m.conversation_id and s.created_seq = m.created_seq
               where (m.conversation_id, m.created_seq) > ($1, $2) and m.body <> ''
               order by m.conversation_id, m.created_seq
               limit $3";
    fetch_all!(tx, sql, conversation, seq, limit)
}

/// Unless the message says something else meanwhile: who edits or deletes it waits for this transaction, or this one
/// for theirs.
pub(crate) async fn put(tx: &mut Tx, row: &Said, words: &str) -> Result<u64> {
    let held = "update messaging_messages
                set body = body
                where conversation_id = $1 and created_seq = $2 and body = $3";
    if execute!(tx, held, row.conversation_id, row.created_seq, &row.body)? == 0 {
        return Ok(0);
    }
    if words.is_empty() {
        let sql = "delete from messaging_search where conversation_id = $1 and created_seq = $2";
        return execute!(tx, sql, row.conversation_id, row.created_seq);
    }
    let sql = "insert into messaging_search (conversation_id, created_seq, words)
               values ($1, $2, $3)
               on conflict (conversation_id, created_seq) do update set words = excluded.words";
    execute!(tx, sql, row.conversation_id, row.created_seq, words)
}

/// In the order of their keys, after `after`.
pub(crate) async fn reactions(tx: &mut Tx, after: Option<&ReactionKey>, limit: i64) -> Result<Vec<ReactionKey>> {
    let nothing = (ConversationId(Uuid::nil()), 0, String::new(), UserId(Uuid::nil()));
    let (conversation, seq, emoji, user) = after.unwrap_or(&nothing);
    let sql = "select conversation_id, created_seq, emoji, user_id
               from messaging_reactions
               where (conversation_id, created_seq, emoji, user_id) > ($1, $2, $3, $4)
               order by conversation_id, created_seq, emoji, user_id
               limit $5";
    fetch_all!(tx, sql, *conversation, *seq, emoji, *user, limit)
}

/// The reaction as `emoji`, or gone where the same person has that one already. Returns the seq of the change; `None`
/// when the reaction was taken back meanwhile.
pub(crate) async fn rename(tx: &mut Tx, key: &ReactionKey, emoji: &str) -> Result<Option<i64>> {
    let (conversation, created_seq, before, user) = key;
    // That does not make the conversation one in which something was said just now.
    let seq = next_seq(tx, *conversation, Instant::from_micros(0), 0).await?;
    let rename = "update messaging_reactions
                  set emoji = $5
                  where conversation_id = $1 and created_seq = $2 and emoji = $3 and user_id = $4
                    and not exists (
                        select 1 from messaging_reactions r
                        where r.conversation_id = $1 and r.created_seq = $2 and r.emoji = $5 and r.user_id = $4
                    )";
    let renamed = execute!(tx, rename, *conversation, *created_seq, before, *user, emoji)?;
    let delete = "delete from messaging_reactions
                  where conversation_id = $1 and created_seq = $2 and emoji = $3 and user_id = $4";
    let deleted = match renamed {
        0 => execute!(tx, delete, *conversation, *created_seq, before, *user)?,
        _ => 0,
    };
    if renamed + deleted == 0 {
        return Ok(None);
    }
    let count = "update messaging_messages
                 set reaction_count = reaction_count - $3, changed_seq = $4
                 where conversation_id = $1 and created_seq = $2";
    execute!(tx, count, *conversation, *created_seq, deleted as i64, seq)?;
    Ok(Some(seq))
}
