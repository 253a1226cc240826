//! Memberships: windows of visibility, read marks, and each person's membership sequence.

use village_db::{Connection, IdList, Result, Tx, execute, fetch_all, fetch_one, fetch_optional};
use village_kernel::{ConversationId, UserId};

use crate::read::ReadState;

/// What one person may see of a conversation, and has read.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Window {
    pub last_seq: i64,
    pub joined_seq: i64,
    pub left_seq: Option<i64>,
    pub read_seq: i64,
    pub unread_count: i64,
}

impl Window {
    pub fn last_visible_seq(&self) -> i64 {
        self.left_seq.unwrap_or(self.last_seq)
    }

    pub fn read_state(&self) -> ReadState {
        ReadState { read_seq: self.read_seq, unread_count: self.unread_count }
    }
}

macro_rules! windows {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " c.last_seq, me.joined_seq, me.left_seq, me.read_seq,
                case when me.left_seq is null then c.message_count - me.read_number else 0 end as unread_count
             from messaging_members me
             join messaging_conversations c on c.id = me.conversation_id ",
            $rest
        )
    };
}

/// `None` for who never took part.
pub(crate) async fn window(
    db: &mut impl Connection,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<Window>> {
    let sql = windows!("", "where me.conversation_id = $1 and me.user_id = $2");
    fetch_optional!(db, sql, conversation, user)
}

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct ConversationWindow {
    pub conversation_id: ConversationId,
    #[sqlx(flatten)]
    pub window: Window,
}

/// One person's windows on those among `conversations` in which they take or took part.
pub(crate) async fn windows_of_person(
    db: &mut impl Connection,
    user: UserId,
    conversations: &IdList,
) -> Result<Vec<ConversationWindow>> {
    let sql = windows!("me.conversation_id,", "where me.user_id = $1 and me.conversation_id = any_of($2)");
    let sql = db.any_of(sql);
    fetch_all!(db, sql, user, conversations)
}

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct MemberWindow {
    pub user_id: UserId,
    pub joined_seq: i64,
    pub left_seq: Option<i64>,
}

impl MemberWindow {
    /// Whether a change of the message sent at `created_seq` may be shown to this member.
    pub fn admits(&self, created_seq: i64, changed_seq: i64) -> bool {
        created_seq >= self.joined_seq && self.left_seq.is_none_or(|left_seq| changed_seq <= left_seq)
    }
}

/// The windows of those among `people` who take or took part in `conversation`.
pub(crate) async fn windows_among(
    db: &mut impl Connection,
    conversation: ConversationId,
    people: &IdList,
) -> Result<Vec<MemberWindow>> {
    let sql = db.any_of(
        "select user_id, joined_seq, left_seq
         from messaging_members
         where conversation_id = $1 and user_id = any_of($2)",
    );
    fetch_all!(db, sql, conversation, people)
}

pub(crate) async fn present(db: &mut impl Connection, conversation: ConversationId) -> Result<Vec<UserId>> {
    let sql = "select user_id
               from messaging_members
               where conversation_id = $1 and left_seq is null
               order by user_id";
    let rows: Vec<(UserId,)> = fetch_all!(db, sql, conversation)?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// Takes the next membership seq of both, the smaller id first so that two such writes cannot deadlock.
pub(crate) async fn next_membership_seqs(tx: &mut Tx, smaller: UserId, greater: UserId) -> Result<Vec<(UserId, i64)>> {
    let sql = "insert into messaging_membership_marks (user_id, seq)
               values ($1, 1), ($2, 1)
               on conflict (user_id) do update set seq = messaging_membership_marks.seq + 1
               returning user_id, seq";
    fetch_all!(tx, sql, smaller, greater)
}

/// A member from the first message on.
pub(crate) async fn insert(
    tx: &mut Tx,
    conversation: ConversationId,
    user: UserId,
    membership_seq: i64,
) -> Result<u64> {
    let sql = "insert into messaging_members
                   (conversation_id, user_id, membership_seq, joined_seq, left_seq, read_seq, read_number)
               values ($1, $2, $3, 1, null, 0, 0)";
    execute!(tx, sql, conversation, user, membership_seq)
}

/// The mark and what is unread then; `None` when it was there or further already.
pub(crate) async fn move_read_mark(
    tx: &mut Tx,
    conversation: ConversationId,
    user: UserId,
    seq: i64,
) -> Result<Option<(i64, i64)>> {
    let sql = "update messaging_members
               set read_seq = $3,
                   read_number = coalesce((
                       select m.number
                       from messaging_messages m
                       where m.conversation_id = $1 and m.created_seq <= $3
                       order by m.created_seq desc
                       limit 1
                   ), read_number)
               where conversation_id = $1 and user_id = $2 and read_seq < $3
               returning read_seq, (
                   select c.message_count from messaging_conversations c where c.id = $1
               ) - read_number";
    fetch_optional!(tx, sql, conversation, user, seq)
}

/// Unread messages in all conversations of `user`.
pub(crate) async fn unread(db: &mut impl Connection, user: UserId) -> Result<i64> {
    let sql = "select cast(coalesce(sum(c.message_count - me.read_number), 0) as bigint)
               from messaging_members me
               join messaging_conversations c on c.id = me.conversation_id
               where me.user_id = $1 and me.left_seq is null";
    let (unread,): (i64,) = fetch_one!(db, sql, user)?;
    Ok(unread)
}
