//! The index of words, and finding messages by them. The engines' own full-text search: both texts stand here.

use village_db::{ByEngine, Connection, Result, Tx, execute};
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
    /// Folded; of the last one the beginning is enough.
    pub words: &'a [String],
    /// Both ends of a range of ids: one conversation, or all.
    pub conversations: (ConversationId, ConversationId),
    pub before: (Instant, MessageId),
    pub limit: i64,
}

macro_rules! in_window {
    () => {
        " join messaging_messages m on m.conversation_id = s.conversation_id and m.created_seq = s.created_seq
          join messaging_conversations c on c.id = s.conversation_id
          join messaging_members me on me.conversation_id = s.conversation_id and me.user_id = $1
          where me.state <> 'declined' and m.deleted_at is null
            and m.created_seq >= me.joined_seq and m.created_seq > c.expired_seq
            and (
                me.left_seq is null
                or (m.created_seq <= me.left_seq and (m.edited_seq is null or m.edited_seq <= me.left_seq))
            )
            and s.conversation_id >= $3 and s.conversation_id <= $4
            and (m.created_at, m.id) < ($5, $6) "
    };
}

/// Newest first. Whoever has left finds nothing by what a message says since.
pub(crate) async fn find(db: &mut impl Connection, user: UserId, wanted: &Wanted<'_>) -> Result<Vec<SeenRow>> {
    macro_rules! run {
        ($conn:ident, $sql:expr, $words:expr) => {
            sqlx::query_as($sql)
                .bind(user)
                .bind($words)
                .bind(wanted.conversations.0)
                .bind(wanted.conversations.1)
                .bind(wanted.before.0)
                .bind(wanted.before.1)
                .bind(wanted.limit)
                .fetch_all($conn)
                .await
        };
    }
    // Folded words hold letters and digits only, so nothing in them means anything to either engine.
    match db.by_engine() {
        ByEngine::Postgres(conn) => {
            let words: Vec<String> = wanted.words.iter().map(|word| format!("'{word}'")).collect();
            let words = format!("{}:*", words.join(" & "));
            let sql = concat!(
                message_rows!(columns "me.left_seq, c.kind = 'direct' or me.state = 'active' as shows_images,"),
                "from messaging_search s",
                in_window!(),
                "and to_tsvector('simple', s.words) @@ to_tsquery('simple', $2)
                 order by m.created_at desc, m.id desc
                 limit $7"
            );
            run!(conn, sql, words)
        }
        ByEngine::Sqlite(conn) => {
            let words: Vec<String> = wanted.words.iter().map(|word| format!("\"{word}\"")).collect();
            let words = format!("{}*", words.join(" "));
            let sql = concat!(
                message_rows!(columns "me.left_seq, c.kind = 'direct' or me.state = 'active' as shows_images,"),
                "from messaging_search_fts
                 join messaging_search s on s.id = messaging_search_fts.rowid",
                in_window!(),
                "and messaging_search_fts match $2
                 order by m.created_at desc, m.id desc
                 limit $7"
            );
            run!(conn, sql, words)
        }
    }
}
