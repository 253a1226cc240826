//! Who is to hear of a message.

use std::collections::{HashMap, HashSet};

use village_db::{Connection, IdList, Result, fetch_all};
use village_kernel::{ConversationId, Instant, MessageId, UserId};
use village_ports::{Attention, StandingMessage};

use crate::message::{MessageKind, parse_mentions};
use crate::{MemberState, NotifyLevel};

/// Whom each of the messages mentions. Those that are not there any more are left out.
pub(crate) async fn mentioned(
    db: &mut impl Connection,
    conversations: &IdList,
    messages: &IdList,
) -> Result<HashMap<MessageId, Vec<UserId>>> {
    let sql = db.any_of(
        "select id, mentions
         from messaging_messages
         where conversation_id = any_of($1) and id = any_of($2) and deleted_at is null",
    );
    let rows: Vec<(MessageId, Option<String>)> = fetch_all!(db, sql, conversations, messages)?;
    let parse = |json: String| serde_json::from_str(&json).ok();
    Ok(rows.into_iter().map(|(id, json)| (id, json.and_then(parse).unwrap_or_default())).collect())
}

/// A member with what they want to be told.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Listener {
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    pub joined_seq: i64,
    pub state: MemberState,
    pub read_seq: i64,
    pub notify: NotifyLevel,
    pub muted_until: Option<Instant>,
}

impl Listener {
    /// What the message at `seq`, which mentions these people, is to them.
    pub fn attention(&self, seq: i64, mentioned: &[UserId], now: Instant) -> Attention {
        match (self.state, self.notify) {
            (MemberState::Requested | MemberState::Declined, _) => Attention::Request,
            _ if self.read_seq >= seq => Attention::AlreadyRead,
            (MemberState::Active, NotifyLevel::None) => Attention::Muted,
            _ if self.muted_until.is_some_and(|until| until > now) => Attention::Muted,
            (MemberState::Active, NotifyLevel::Mentions) if !mentioned.contains(&self.user_id) => {
                Attention::OnlyMentions
            }
            (MemberState::Active, NotifyLevel::All | NotifyLevel::Mentions) => Attention::Wanted,
        }
    }
}

/// Those who take part in the conversations now, in the order of their ids.
pub(crate) async fn listeners(db: &mut impl Connection, conversations: &IdList) -> Result<Vec<Listener>> {
    let sql = db.any_of(
        "select conversation_id, user_id, joined_seq, state, read_seq, notify, muted_until
         from messaging_members
         where conversation_id = any_of($1) and left_seq is null
         order by user_id",
    );
    fetch_all!(db, sql, conversations)
}

/// Those among `people` who have read up to `seq`.
pub(crate) async fn have_read(
    db: &mut impl Connection,
    conversation: ConversationId,
    seq: i64,
    people: &[UserId],
) -> Result<Vec<UserId>> {
    let sql = db.any_of(
        "select user_id
         from messaging_members
         where conversation_id = $1 and read_seq >= $2 and user_id = any_of($3)",
    );
    let list: IdList = people.iter().copied().collect();
    let rows: Vec<(UserId,)> = fetch_all!(db, sql, conversation, seq, &list)?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// What `sender` said from `since_seq` on and is there, oldest first.
pub(crate) async fn standing(
    db: &mut impl Connection,
    conversation: ConversationId,
    sender: UserId,
    since_seq: i64,
    limit: i64,
) -> Result<Vec<StandingMessage>> {
    let sql = "select created_seq, created_at, mentions
               from messaging_messages
               where conversation_id = $1 and created_seq >= $3 and sender_id = $2 and kind = $4
                 and deleted_at is null
               order by created_seq
               limit $5";
    let rows: Vec<(i64, Instant, Option<String>)> =
        fetch_all!(db, sql, conversation, sender, since_seq, MessageKind::Text, limit)?;
    let standing = |(created_seq, created_at, mentions): (i64, Instant, Option<String>)| StandingMessage {
        created_seq,
        created_at,
        mentions: parse_mentions(mentions.as_deref()),
    };
    Ok(rows.into_iter().map(standing).collect())
}

/// Those among `people` who want to hear only of what mentions them.
pub(crate) async fn only_mentions_among(
    db: &mut impl Connection,
    conversation: ConversationId,
    people: &[UserId],
) -> Result<HashSet<UserId>> {
    let sql = db.any_of(
        "select user_id
         from messaging_members
         where conversation_id = $1 and user_id = any_of($2) and notify = $3",
    );
    let list: IdList = people.iter().copied().collect();
    let rows: Vec<(UserId,)> = fetch_all!(db, sql, conversation, &list, NotifyLevel::Mentions)?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// Who takes part now, in the order of ids.
pub(crate) async fn members(db: &mut impl Connection, conversation: ConversationId) -> Result<Vec<UserId>> {
    let sql = "select user_id
               from messaging_members
               where conversation_id = $1 and left_seq is null
               order by user_id";
    let rows: Vec<(UserId,)> = fetch_all!(db, sql, conversation)?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// Those among `pairs` of a person and a conversation in which the person takes part, with the first seq that they can
/// still see.
pub(crate) async fn taking_part(
    db: &mut impl Connection,
    pairs: &[(UserId, ConversationId)],
) -> Result<Vec<(UserId, ConversationId, i64)>> {
    let sql = db.any_of(
        "select m.user_id, m.conversation_id,
                case when c.expired_seq >= m.joined_seq then c.expired_seq + 1 else m.joined_seq end
         from pairs_of($1) asked
         join messaging_members m on m.conversation_id = asked.other and m.user_id = asked.one
         join messaging_conversations c on c.id = m.conversation_id
         where m.left_seq is null",
    );
    fetch_all!(db, sql, IdList::of_pairs(pairs.iter().copied()))
}
