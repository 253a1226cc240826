//! The words of messages, and finding messages by them.

use sqlx::AssertSqlSafe;
use village_db::{Connection, Result, Tx, execute, literally, on};
use village_kernel::{ConversationId, Instant, MessageId, UserId};

use crate::message::MessageRow;
use crate::store::messages::{SeenRow, message_rows};

/// What the message says now is what it is found by.
pub(crate) async fn put(tx: &mut Tx, row: &MessageRow, words: &str) -> Result<()> {
    if words.is_empty() {
        return remove(tx, row).await;
    }
    let sql = "insert into messaging_search (conversation_id, created_seq, words)
               values ($1, $2, $3)
               on conflict (conversation_id, created_seq) do update set words = excluded.words";
    execute!(tx, sql, row.conversation_id, row.created_seq, words).map(|_| ())
}

pub(crate) async fn remove(tx: &mut Tx, row: &MessageRow) -> Result<()> {
    let sql = "delete from messaging_search where conversation_id = $1 and created_seq = $2";
    execute!(tx, sql, row.conversation_id, row.created_seq).map(|_| ())
}

/// What is looked for, and where to go on.
pub(crate) struct Wanted<'a> {
    /// Folded, each a word or some that follow each other; of the last one the beginning is enough.
    pub words: &'a [String],
    /// Both ends of a range of ids: one conversation, or all.
    pub conversations: (ConversationId, ConversationId),
    pub before: (Instant, MessageId),
    pub limit: i64,
}

/// Newest first. Whoever has left finds nothing by what a message says since. Reads the words of all conversations that
/// are looked at: that costs what somebody has heard, never what the community has written.
pub(crate) async fn find(db: &mut impl Connection, user: UserId, wanted: &Wanted<'_>) -> Result<Vec<SeenRow>> {
    const WINDOWS: &str = concat!(
        message_rows!(columns "me.left_seq, c.kind = 'direct' or me.state = 'active' as shows_images,"),
        "from messaging_members me
         join messaging_conversations c on c.id = me.conversation_id
         join messaging_search s on s.conversation_id = me.conversation_id
         join messaging_messages m on m.conversation_id = s.conversation_id and m.created_seq = s.created_seq
         where me.user_id = $1 and me.state <> 'declined' and m.deleted_at is null
           and m.created_seq >= me.joined_seq and m.created_seq > c.expired_seq
           and (
               me.left_seq is null
               or (m.created_seq <= me.left_seq and (m.edited_seq is null or m.edited_seq <= me.left_seq))
           )
           and me.conversation_id >= $2 and me.conversation_id <= $3
           and (m.created_at, m.id) < ($4, $5)"
    );
    let (last, whole) = wanted.words.split_last().map_or((None, [].as_slice()), |(last, whole)| (Some(last), whole));
    let whole = whole.iter().map(|word| format!("% {} %", literally(word)));
    let patterns: Vec<String> = whole.chain(last.map(|word| format!("% {}%", literally(word)))).collect();
    let mut sql = WINDOWS.to_owned();
    for number in 7..7 + patterns.len() {
        sql.push_str(&format!(" and ' ' || s.words || ' ' like ${number} escape '\\'"));
    }
    sql.push_str(" order by m.created_at desc, m.id desc limit $6");
    on!(db, conn => {
        let query = sqlx::query_as(AssertSqlSafe(sql))
            .bind(user)
            .bind(wanted.conversations.0)
            .bind(wanted.conversations.1)
            .bind(wanted.before.0)
            .bind(wanted.before.1)
            .bind(wanted.limit);
        patterns.iter().fold(query, |query, pattern| query.bind(pattern)).fetch_all(conn).await
    })
}
