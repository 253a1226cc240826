//! What a person has set, answered and read: changes of their own rows. Each gives the row the person's next membership
//! seq, which the caller has taken before: marks are locked before rows.

use village_db::{Connection, IdList, Result, Tx, execute, fetch_all, fetch_one, fetch_optional};
use village_kernel::{ConversationId, Instant, UserId};

use crate::privacy::PrivacySettings;
use crate::read::ReadState;
use crate::store::windows::unread_count;
use crate::{MemberState, NotifyLevel};

pub(crate) async fn next_membership_seq(tx: &mut Tx, user: UserId) -> Result<i64> {
    let sql = "insert into messaging_membership_marks (user_id, seq)
               values ($1, 1)
               on conflict (user_id) do update set seq = messaging_membership_marks.seq + 1
               returning seq";
    let (seq,) = fetch_one!(tx, sql, user)?;
    Ok(seq)
}

/// The mark and what is unread then; `None` when it was there or further already.
pub(crate) async fn move_read_mark(
    tx: &mut Tx,
    conversation: ConversationId,
    user: UserId,
    seq: i64,
    membership_seq: i64,
) -> Result<Option<ReadState>> {
    let sql = concat!(
        "update messaging_members
         set read_seq = $3,
             read_number = coalesce((
                 select m.number
                 from messaging_messages m
                 where m.conversation_id = $1 and m.created_seq <= $3
                 order by m.created_seq desc
                 limit 1
             ), read_number),
             membership_seq = $4
         where conversation_id = $1 and user_id = $2 and read_seq < $3
         returning read_seq, (
             select case when left_seq is not null then 0 else ",
        unread_count!("$1", "read_number"),
        " end
             from messaging_conversations c
             where c.id = $1
         )"
    );
    let row: Option<(i64, i64)> = fetch_optional!(tx, sql, conversation, user, seq, membership_seq)?;
    Ok(row.map(|(read_seq, unread_count)| ReadState { read_seq, unread_count }))
}

/// Gives the row a new membership seq because of something that stands elsewhere; false for who does not take part.
pub(crate) async fn touch(
    tx: &mut Tx,
    conversation: ConversationId,
    user: UserId,
    membership_seq: i64,
) -> Result<bool> {
    let sql = "update messaging_members
               set membership_seq = $3
               where conversation_id = $1 and user_id = $2 and left_seq is null";
    Ok(execute!(tx, sql, conversation, user, membership_seq)? == 1)
}

/// Answers a request, or takes the answer back. False when the person is in that state already, or has left.
pub(crate) async fn set_state(
    tx: &mut Tx,
    conversation: ConversationId,
    user: UserId,
    state: MemberState,
    membership_seq: i64,
) -> Result<bool> {
    let sql = "update messaging_members
               set state = $3, membership_seq = $4
               where conversation_id = $1 and user_id = $2 and left_seq is null and state <> $3";
    Ok(execute!(tx, sql, conversation, user, state, membership_seq)? == 1)
}

/// What the person wants to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Wishes {
    pub notify: NotifyLevel,
    pub muted_until: Option<Instant>,
}

/// `None` for who does not take part.
pub(crate) async fn wishes(tx: &mut Tx, conversation: ConversationId, user: UserId) -> Result<Option<Wishes>> {
    let sql = "select notify, muted_until
               from messaging_members
               where conversation_id = $1 and user_id = $2 and left_seq is null";
    fetch_optional!(tx, sql, conversation, user)
}

pub(crate) async fn set_wishes(
    tx: &mut Tx,
    conversation: ConversationId,
    user: UserId,
    wishes: Wishes,
    membership_seq: i64,
) -> Result<u64> {
    let sql = "update messaging_members
               set notify = $3, muted_until = $4, membership_seq = $5
               where conversation_id = $1 and user_id = $2 and left_seq is null";
    execute!(tx, sql, conversation, user, wishes.notify, wishes.muted_until, membership_seq)
}

/// Moves the mark of what has reached a device, never back and never past what there is. True when others are to hear
/// of it: when it moved, in a conversation of few.
pub(crate) async fn move_delivered_mark(
    tx: &mut Tx,
    conversation: ConversationId,
    user: UserId,
    seq: i64,
    few: i64,
) -> Result<bool> {
    let sql = "update messaging_members
               set delivered_seq = (
                   select case when c.last_seq < $3 then c.last_seq else $3 end
                   from messaging_conversations c
                   where c.id = $1
               )
               where conversation_id = $1 and user_id = $2 and left_seq is null
                 and delivered_seq < $3
                 and delivered_seq < (select c.last_seq from messaging_conversations c where c.id = $1)
               returning (
                   select cast(case when c.member_count <= $4 then 1 else 0 end as bigint)
                   from messaging_conversations c
                   where c.id = $1
               )";
    let row: Option<(i64,)> = fetch_optional!(tx, sql, conversation, user, seq, few)?;
    Ok(row.is_some_and(|(of_few,)| of_few == 1))
}

/// What somebody has read and received, and who may hear of it.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Mark {
    pub read_seq: i64,
    pub delivered_seq: i64,
    pub unread_count: i64,
    /// The conversation's, when that was counted, and the number of its newest message.
    pub last_seq: i64,
    pub message_count: i64,
    pub membership_seq: i64,
    pub member_count: i64,
    /// Takes part, has accepted, and lets others see it.
    pub is_shown: bool,
}

pub(crate) async fn mark(db: &mut impl Connection, conversation: ConversationId, user: UserId) -> Result<Option<Mark>> {
    let sql = concat!(
        "select me.read_seq, me.membership_seq, c.last_seq, c.message_count, c.member_count,
                case when me.delivered_seq > me.read_seq then me.delivered_seq else me.read_seq end as delivered_seq,
                case when me.left_seq is not null then 0 else ",
        unread_count!(),
        " end as unread_count,
                me.left_seq is null and me.state = 'active' and coalesce(s.read_receipts, $3)
                    and not exists (select 1 from auth_suspended_v a where a.user_id = me.user_id) as is_shown
         from messaging_members me
         join messaging_conversations c on c.id = me.conversation_id
         left join messaging_settings s on s.user_id = me.user_id
         where me.conversation_id = $1 and me.user_id = $2"
    );
    fetch_optional!(db, sql, conversation, user, true)
}

/// Those among `people` who are shown what `user` has read: they take part, have accepted, and show it themselves; no
/// block stands between the two.
pub(crate) async fn who_sees_marks(
    db: &mut impl Connection,
    conversation: ConversationId,
    user: UserId,
    people: &IdList,
) -> Result<Vec<UserId>> {
    let sql = db.any_of(
        "select m.user_id
         from messaging_members m
         left join messaging_settings s on s.user_id = m.user_id
         where m.conversation_id = $1 and m.user_id = any_of($2)
           and m.left_seq is null and m.state = 'active' and coalesce(s.read_receipts, $3)
           and not exists (select 1 from users_blocks_v b where b.blocker_id = m.user_id and b.blocked_id = $4)
           and not exists (select 1 from users_blocks_v b where b.blocker_id = $4 and b.blocked_id = m.user_id)",
    );
    let rows: Vec<(UserId,)> = fetch_all!(db, sql, conversation, people, true, user)?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

pub(crate) async fn privacy(db: &mut impl Connection, user: UserId) -> Result<PrivacySettings> {
    let sql = "select read_receipts, presence from messaging_settings where user_id = $1";
    let row: Option<(bool, bool)> = fetch_optional!(db, sql, user)?;
    let (read_receipts, presence) = row.unwrap_or((true, true));
    Ok(PrivacySettings { read_receipts, presence })
}

/// What is not given stays as it is, or as everybody has it.
pub(crate) async fn set_privacy(
    tx: &mut Tx,
    user: UserId,
    read_receipts: Option<bool>,
    presence: Option<bool>,
) -> Result<u64> {
    let sql = "insert into messaging_settings (user_id, read_receipts, presence)
               values ($1, coalesce($2, $4), coalesce($3, $4))
               on conflict (user_id) do update
               set read_receipts = coalesce($2, messaging_settings.read_receipts),
                   presence = coalesce($3, messaging_settings.presence)";
    execute!(tx, sql, user, read_receipts, presence, true)
}
