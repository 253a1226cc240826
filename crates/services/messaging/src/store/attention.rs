//! Who is to hear of a message.

use std::collections::HashMap;

use village_db::{Connection, IdList, Result, fetch_all};
use village_kernel::{ConversationId, Instant, MessageId, UserId};
use village_ports::Attention;

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
