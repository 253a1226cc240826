//! Changing messages. Whoever changes one first locks its conversation, then reads, then decides, then writes: nothing
//! passes between, and what changes nothing takes no seq.

use village_db::{Connection, Engine, Result, Tx, execute, fetch_one, fetch_optional};
use village_kernel::{ConversationId, Instant, MessageId, UserId};

use crate::message::MessageRow;
use crate::store::messages;
use crate::{MemberRole, MemberState};

/// Where somebody stands in the conversation they want to change something in.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Standing {
    pub is_direct: bool,
    pub pinned_count: i64,
    pub expired_seq: i64,
    pub joined_seq: i64,
    pub left_seq: Option<i64>,
    pub role: MemberRole,
    pub state: MemberState,
    /// Nothing passes between the two of a direct conversation: a block stands between them, or the other is suspended.
    /// Which of these is told to nobody, so all that follows from it is the same.
    pub is_closed: bool,
    /// The other person of a direct conversation has not accepted it.
    pub is_unanswered: bool,
}

impl Standing {
    pub fn can_see(&self, row: &MessageRow) -> bool {
        row.created_seq >= self.joined_seq
            && row.created_seq > self.expired_seq
            && self.left_seq.is_none_or(|left_seq| row.created_seq <= left_seq)
    }
}

/// Locks the conversation until the end of the transaction; false for who never took part.
pub(crate) async fn lock(tx: &mut Tx, conversation: ConversationId, user: UserId) -> Result<bool> {
    let sql = match tx.engine() {
        // Not `for update`: rows that refer to the conversation may be written meanwhile.
        Engine::Postgres => {
            "select c.last_seq
             from messaging_conversations c
             join messaging_members me on me.conversation_id = c.id and me.user_id = $2
             where c.id = $1
             for no key update of c"
        }
        // There the whole transaction is alone.
        Engine::Sqlite => {
            "select c.last_seq
             from messaging_conversations c
             join messaging_members me on me.conversation_id = c.id and me.user_id = $2
             where c.id = $1"
        }
    };
    let locked: Option<(i64,)> = fetch_optional!(tx, sql, conversation, user)?;
    Ok(locked.is_some())
}

/// Read after [`lock`]: a statement of its own, because one that waited would answer with what was there before.
pub(crate) async fn standing(
    db: &mut impl Connection,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<Standing>> {
    let sql = "select c.kind = 'direct' as is_direct, c.pinned_count, c.expired_seq, me.joined_seq, me.left_seq,
                      me.role, me.state,
                      c.kind = 'direct' and exists (
                          select 1
                          from messaging_members peer
                          where peer.conversation_id = c.id and peer.user_id <> me.user_id
                            and (
                                exists (select 1 from auth_suspended_v s where s.user_id = peer.user_id)
                                or exists (
                                    select 1 from users_blocks_v b
                                    where b.blocker_id = peer.user_id and b.blocked_id = me.user_id
                                )
                                or exists (
                                    select 1 from users_blocks_v b
                                    where b.blocker_id = me.user_id and b.blocked_id = peer.user_id
                                )
                            )
                      ) as is_closed,
                      c.kind = 'direct' and exists (
                          select 1
                          from messaging_members peer
                          where peer.conversation_id = c.id and peer.user_id <> me.user_id and peer.state <> 'active'
                      ) as is_unanswered
               from messaging_members me
               join messaging_conversations c on c.id = me.conversation_id
               where me.conversation_id = $1 and me.user_id = $2";
    fetch_optional!(db, sql, conversation, user)
}

/// Takes the conversation's next seq, for a change that is no new message.
pub(crate) async fn next_seq(
    tx: &mut Tx,
    conversation: ConversationId,
    now: Instant,
    pinned_change: i64,
) -> Result<i64> {
    let sql = "update messaging_conversations
               set last_seq = last_seq + 1,
                   pinned_count = pinned_count + $3,
                   changed_at = case when changed_at > $2 then changed_at else $2 end
               where id = $1
               returning last_seq";
    let (seq,): (i64,) = fetch_one!(tx, sql, conversation, now, pinned_change)?;
    Ok(seq)
}

/// The message, as the transaction has made it so far.
pub(crate) async fn message(
    tx: &mut Tx,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Option<MessageRow>> {
    messages::find(tx, conversation, message).await
}

/// Pins the message, or with `None` takes the pin away.
pub(crate) async fn pin(tx: &mut Tx, row: &MessageRow, pinned_at: Option<Instant>, seq: i64) -> Result<()> {
    let sql = "update messaging_messages
               set pinned_at = $3, pinned_seq = $4, changed_seq = $5
               where conversation_id = $1 and created_seq = $2";
    let pinned_seq = pinned_at.map(|_| seq);
    execute!(tx, sql, row.conversation_id, row.created_seq, pinned_at, pinned_seq, seq).map(|_| ())
}

/// Leaves a tombstone: that there was a message, of whom, and where.
pub(crate) async fn delete(tx: &mut Tx, row: &MessageRow, seq: i64, now: Instant) -> Result<()> {
    for sql in [
        "delete from messaging_reactions where conversation_id = $1 and created_seq = $2",
        "delete from messaging_edits where conversation_id = $1 and created_seq = $2",
        "delete from messaging_search where conversation_id = $1 and created_seq = $2",
    ] {
        execute!(tx, sql, row.conversation_id, row.created_seq)?;
    }
    let sql = "update messaging_messages
               set changed_seq = $3, deleted_at = $4, body = '', mentions = null, forwarded = $5, image_count = 0,
                   reaction_count = 0, edit_count = 0, edited_seq = null, edited_at = null, pinned_seq = null,
                   pinned_at = null, reply_to_seq = null, reply_to_id = null
               where conversation_id = $1 and created_seq = $2";
    execute!(tx, sql, row.conversation_id, row.created_seq, seq, now, false).map(|_| ())
}
