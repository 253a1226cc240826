//! Messages: the hot write, and reading what was said or has changed.

use village_bus::{PreparedEvent, publish_sql};
use village_db::{ByEngine, Connection, IdList, Result, Tx, fetch_all, fetch_one, fetch_optional, together};
use village_kernel::text::index_words;
use village_kernel::{ConversationId, MessageId, UserId};

use crate::message::MessageRow;
use crate::store::windows::Window;

/// Messages that somebody may send before the other has accepted.
pub(crate) const MAX_UNANSWERED: i64 = 5;

/// A member who has not left and is not asked whether to be one; of a direct conversation, nobody who is suspended or
/// between whom and the sender a block stands, and within the limits (a condition on `c`) while not accepted.
macro_rules! may_send {
    ($within_limits:literal) => {
        concat!("c.id = $1
         and exists (
             select 1
             from messaging_members me
             where me.conversation_id = $1 and me.user_id = $2 and me.left_seq is null
               and me.state = 'active'
         )
         and not exists (
             select 1
             from messaging_members peer
             where c.kind = 'direct' and peer.conversation_id = $1 and peer.user_id <> $2
               and (
                   exists (select 1 from users_blocks_v b where b.blocker_id = peer.user_id and b.blocked_id = $2)
                   or exists (select 1 from users_blocks_v b where b.blocker_id = $2 and b.blocked_id = peer.user_id)
                   or exists (select 1 from auth_suspended_v s where s.user_id = peer.user_id)
                   or (peer.state <> 'active' and not (c.message_count < ", $within_limits, "))
               )
         )")
    };
}

macro_rules! take_seq {
    ($time:literal, $within_limits:literal) => {
        concat!(
            "update messaging_conversations as c
             set last_seq = last_seq + 1,
                 message_count = message_count + 1,
                 active_at = case when active_at > ",
            $time,
            " then active_at else ",
            $time,
            " end,
                 changed_at = case when changed_at > ",
            $time,
            " then changed_at else ",
            $time,
            " end
             where ",
            may_send!($within_limits),
            " returning last_seq, message_count"
        )
    };
}

impl MessageRow {
    /// While the other has not accepted, it may be sent when fewer messages than this were.
    fn most_unanswered(&self) -> i64 {
        let is_text_only = self.image_count == 0 && !self.forwarded;
        if is_text_only { MAX_UNANSWERED } else { 0 }
    }
}

/// Takes the next seq and number, writes the message and its event, and moves the sender's read mark past it. Returns seq
/// and number; `None` when the sender may not send or has used the `client_id`, and then nothing was written, or the
/// caller rolls back what was before.
///
/// Everything is one statement, so that it can be a transaction by itself. Nothing but an error undoes a statement:
/// what refuses the message once its seq is taken has to be one.
pub(crate) async fn insert(tx: &mut Tx, row: &MessageRow, event: &PreparedEvent) -> Result<Option<(i64, i64)>> {
    /// The same for both, in the order of the parameters.
    macro_rules! bind {
        ($sql:expr) => {
            sqlx::query_as($sql)
                .bind(row.conversation_id)
                .bind(row.sender_id)
                .bind(row.id)
                .bind(&row.client_id)
                .bind(&row.body)
                .bind(row.created_at)
                .bind(row.reply_to_seq)
                .bind(row.reply_to_id)
                .bind(row.forwarded)
                .bind(row.image_count)
                .bind(&row.mentions)
                .bind(row.most_unanswered())
                .bind(index_words(&row.body))
                .bind(event.id)
                .bind(&event.before)
                .bind(&event.after)
        };
    }
    let sqlite = if tx.is_at_once() { SQLITE_AT_ONCE } else { SQLITE };
    // All rows, since the statement is not over with the first.
    let taken: Result<Vec<(i64, i64)>> = match tx.by_engine() {
        ByEngine::Postgres(conn) => bind!(POSTGRES).fetch_all(conn).await,
        ByEngine::Sqlite(conn) => bind!(sqlite).fetch_all(conn).await,
    };
    match taken {
        Ok(taken) => Ok(taken.first().copied()),
        Err(error) if village_db::is_unique_violation(&error) || has_left(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What [`POSTGRES`] fails with when the sender has left meanwhile: division_by_zero.
fn has_left(error: &village_db::Error) -> bool {
    matches!(error, village_db::Error::Database(error) if error.code().as_deref() == Some("22012"))
}

macro_rules! columns {
    () => {
        "(conversation_id, created_seq, changed_seq, id, number, sender_id, client_id, body, created_at,
          reply_to_seq, reply_to_id, forwarded, image_count, mentions)"
    };
}

/// The member's row is checked again when it is updated, under its own lock: for a sender who left while this waited
/// for the conversation, the last line divides by zero.
const POSTGRES: &str = concat!(
    "with taken as (",
    take_seq!("$6", "$12"),
    "),
     inserted as (
         insert into messaging_messages ",
    columns!(),
    "    select $1, last_seq, last_seq, $3, message_count, $2, $4, $5, $6, $7, $8, $9, $10, $11
         from taken
         returning created_seq, number
     ),
     found_by as (
         insert into messaging_search (conversation_id, created_seq, words)
         select $1, created_seq, $13
         from inserted
         where $13 <> ''
     ),
     moved as (
         update messaging_members
         set read_seq = inserted.created_seq, read_number = inserted.number
         from inserted
         where conversation_id = $1 and user_id = $2 and left_seq is null
         returning 1
     ),
     published as (",
    publish_sql!("$14", "$15", "$16", "cast(created_seq as text)", "from inserted"),
    ")
     select created_seq, number / (select count(*) from moved)
     from inserted"
);

/// Each step is done if the one before has changed a row. One writer at a time means that nothing changes between.
macro_rules! sqlite_steps {
    () => {
        concat!(
            take_seq!("$6", "$12"),
            ";
             insert into messaging_messages ",
            columns!(),
            "select $1, last_seq, last_seq, $3, message_count, $2, $4, $5, $6, $7, $8, $9, $10, $11
             from messaging_conversations
             where id = $1 and changes() > 0;
             update messaging_members
             set (read_seq, read_number) =
                 (select last_seq, message_count from messaging_conversations where id = $1)
             where conversation_id = $1 and user_id = $2 and changes() > 0;
             ",
            publish_sql!(
                "$14",
                "$15",
                "$16",
                "cast(last_seq as text)",
                "from messaging_conversations where id = $1 and changes() > 0"
            ),
            ";
             insert into messaging_search (conversation_id, created_seq, words)
             select $1, last_seq, $13
             from messaging_conversations
             where id = $1 and $13 <> '' and changes() > 0"
        )
    };
}

const SQLITE: &str = sqlite_steps!();
const SQLITE_AT_ONCE: &str = together!(sqlite_steps!());

/// Rows of messages `m`, joined or filtered by what follows.
macro_rules! message_rows {
    ($rest:literal) => {
        message_rows!("", $rest)
    };
    ($columns:literal, $rest:literal) => {
        concat!(message_rows!(columns $columns), "from messaging_messages m ", $rest)
    };
    (columns $columns:literal) => {
        concat!(
            "select ",
            $columns,
            " m.conversation_id, m.created_seq, m.changed_seq, m.id, m.number, m.kind, m.sender_id, m.client_id,
                    m.body, m.event, m.reply_to_seq, m.reply_to_id, m.forwarded, m.image_count, m.reaction_count,
                    m.edit_count, m.mentions, m.edited_seq, m.edited_at, m.deleted_at, m.pinned_seq, m.pinned_at,
                    m.created_at "
        )
    };
}

pub(crate) use message_rows;

pub(crate) async fn find_by_client_id(
    db: &mut impl Connection,
    conversation: ConversationId,
    sender: UserId,
    client_id: &str,
) -> Result<Option<MessageRow>> {
    let sql = message_rows!("where m.conversation_id = $1 and m.sender_id = $2 and m.client_id = $3");
    fetch_optional!(db, sql, conversation, sender, client_id)
}

/// The message, whoever may see it.
pub(crate) async fn find(
    db: &mut impl Connection,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Option<MessageRow>> {
    let sql = message_rows!("where m.conversation_id = $1 and m.id = $2");
    fetch_optional!(db, sql, conversation, message)
}

/// Newest first, before the message at seq `before`, as far as `window` lets see.
pub(crate) async fn page(
    db: &mut impl Connection,
    conversation: ConversationId,
    window: &Window,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<MessageRow>> {
    let before = before.unwrap_or(i64::MAX).min(window.last_visible_seq().saturating_add(1));
    let sql = message_rows!(
        "where m.conversation_id = $1 and m.created_seq >= $2 and m.created_seq < $3
         order by m.created_seq desc
         limit $4"
    );
    fetch_all!(db, sql, conversation, window.first_visible_seq(), before, limit)
}

/// A message that somebody may see, where they have left its conversation, and whether images there are theirs to see.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct SeenRow {
    #[sqlx(flatten)]
    pub row: MessageRow,
    pub left_seq: Option<i64>,
    pub shows_images: bool,
}

/// The next `limit` messages after the one at seq `after`, newest first as well.
pub(crate) async fn page_after(
    db: &mut impl Connection,
    conversation: ConversationId,
    window: &Window,
    after: i64,
    limit: i64,
) -> Result<Vec<MessageRow>> {
    let sql = message_rows!(
        "where m.conversation_id = $1 and m.created_seq >= $2 and m.created_seq <= $3
         order by m.created_seq
         limit $4"
    );
    let from = window.first_visible_seq().max(after.saturating_add(1));
    let mut rows: Vec<MessageRow> = fetch_all!(db, sql, conversation, from, window.last_visible_seq(), limit)?;
    rows.reverse();
    Ok(rows)
}

/// Pinned before the seq `before`, the last one pinned first.
pub(crate) async fn pinned(
    db: &mut impl Connection,
    conversation: ConversationId,
    window: &Window,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<MessageRow>> {
    let before = before.unwrap_or(i64::MAX).min(window.last_visible_seq().saturating_add(1));
    let sql = message_rows!(
        "where m.conversation_id = $1 and m.pinned_at is not null and m.pinned_seq < $2 and m.created_seq >= $3
         order by m.pinned_seq desc
         limit $4"
    );
    fetch_all!(db, sql, conversation, before, window.first_visible_seq(), limit)
}

/// As [`page`], of messages that show images only: these are found by the first image of each.
pub(crate) async fn page_with_images(
    db: &mut impl Connection,
    conversation: ConversationId,
    window: &Window,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<MessageRow>> {
    let before = before.unwrap_or(i64::MAX).min(window.last_visible_seq().saturating_add(1));
    let sql = message_rows!(
        "join messaging_images i on i.conversation_id = m.conversation_id and i.created_seq = m.created_seq
         where i.conversation_id = $1 and i.created_seq >= $2 and i.created_seq < $3 and i.position = 0
         order by i.created_seq desc
         limit $4"
    );
    fetch_all!(db, sql, conversation, window.first_visible_seq(), before, limit)
}

/// The newest message that `user` may see of each of the conversations, and where the user left it.
pub(crate) async fn last_of_each(
    db: &mut impl Connection,
    user: UserId,
    conversations: &IdList,
) -> Result<Vec<SeenRow>> {
    let sql = db.any_of(message_rows!(
        "me.left_seq,
         me.state = 'active' or exists (
             select 1 from messaging_conversations k where k.id = m.conversation_id and k.kind = 'direct'
         ) as shows_images,",
        "join messaging_members me on me.conversation_id = m.conversation_id and me.user_id = $1
         where me.conversation_id = any_of($2)
           and m.created_seq = (
               select max(x.created_seq)
               from messaging_messages x
               join messaging_conversations c on c.id = x.conversation_id
               where x.conversation_id = me.conversation_id
                 and x.created_seq >= me.joined_seq
                 and x.created_seq > c.expired_seq
                 and (me.left_seq is null or x.created_seq <= me.left_seq)
           )"
    ));
    fetch_all!(db, sql, user, conversations)
}

/// The messages changed after `seq`, in the order of their last change.
pub(crate) async fn changed_after(
    db: &mut impl Connection,
    conversation: ConversationId,
    seq: i64,
    limit: i64,
) -> Result<Vec<MessageRow>> {
    let sql = message_rows!(
        "join messaging_conversations c on c.id = m.conversation_id
         where m.conversation_id = $1 and m.changed_seq > $2 and m.created_seq > c.expired_seq
         order by m.changed_seq
         limit $3"
    );
    fetch_all!(db, sql, conversation, seq, limit)
}

/// As [`changed_after`], of what `window` lets see. Where it has ended these are also the messages that changed only
/// since: whether they had changed before cannot be told.
pub(crate) async fn visible_changes_after(
    db: &mut impl Connection,
    conversation: ConversationId,
    window: &Window,
    seq: i64,
    limit: i64,
) -> Result<Vec<MessageRow>> {
    let sql = message_rows!(
        "where m.conversation_id = $1 and m.changed_seq > $2 and m.created_seq >= $3 and m.created_seq <= $4
         order by m.changed_seq
         limit $5"
    );
    let upto = window.left_seq.unwrap_or(i64::MAX);
    fetch_all!(db, sql, conversation, seq, window.first_visible_seq(), upto, limit)
}

pub(crate) async fn last_seq(db: &mut impl Connection, conversation: ConversationId) -> Result<i64> {
    let sql = "select last_seq from messaging_conversations where id = $1";
    let (seq,) = fetch_one!(db, sql, conversation)?;
    Ok(seq)
}
