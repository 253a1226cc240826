//! Owned by messaging: who takes part in a conversation, and what they want to hear of it.

use std::collections::HashSet;

use async_trait::async_trait;
use village_db::Tx;
use village_kernel::{ChannelId, ConversationId, Instant, MessageId, UserId};

/// Whether a message is to be told to somebody who takes part, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attention {
    Wanted,
    AlreadyRead,
    /// The conversation is muted for now, or for good.
    Muted,
    /// Only messages that mention the person are wanted, and this one does not.
    OnlyMentions,
    /// The person has not accepted the conversation.
    Request,
}

/// A message as its event names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentMessage {
    pub conversation: ConversationId,
    pub message: MessageId,
    pub seq: i64,
    pub sender: UserId,
}

/// A message that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingMessage {
    pub created_seq: i64,
    pub created_at: Instant,
    pub mentions: Vec<UserId>,
}

/// What is left of what somebody said.
#[derive(Clone, Debug, Default)]
pub struct StandingMessages {
    /// Oldest first.
    pub messages: Vec<StandingMessage>,
    /// There are more than were read.
    pub is_cut: bool,
    /// Those among the people asked for who want to hear only of what mentions them.
    pub only_mentions: HashSet<UserId>,
}

#[async_trait]
pub trait ConversationAccess: Send + Sync {
    /// For each of `messages`, in their order: the people who take part now and could see it when it was sent, but for
    /// its sender, in the order of ids; and whether each is to be told of it. Nobody when it was deleted meanwhile.
    async fn to_notify(&self, messages: &[SentMessage]) -> village_db::Result<Vec<Vec<(UserId, Attention)>>>;

    /// The members among `people` whom the message mentions now, asked inside the caller's transaction; `None` when it
    /// is not there any more, because it was deleted or has ended.
    async fn mentioned_among(
        &self,
        tx: &mut Tx,
        message: &SentMessage,
        people: &[UserId],
    ) -> village_db::Result<Option<Vec<UserId>>>;

    /// What `sender` said from `since_seq` on and is there, at most 500 messages, asked as above.
    async fn standing(
        &self,
        tx: &mut Tx,
        conversation: ConversationId,
        sender: UserId,
        since_seq: i64,
        people: &[UserId],
    ) -> village_db::Result<StandingMessages>;

    /// Who takes part in the conversation now, in the order of ids.
    async fn members(&self, conversation: ConversationId) -> village_db::Result<Vec<UserId>>;

    /// Those among `pairs` of a person and a conversation in which the person takes part now, with the seq of the first
    /// message that they can still see: none from before they came, none that has ended. One query, however many. A
    /// double that knows of nobody who left need not do anything.
    async fn taking_part(
        &self,
        pairs: &[(UserId, ConversationId)],
    ) -> village_db::Result<Vec<(UserId, ConversationId, i64)>> {
        Ok(pairs.iter().map(|(user, conversation)| (*user, *conversation, 0)).collect())
    }

    /// Those among `people` who have read everything up to and including `seq`, asked inside the caller's transaction:
    /// whoever reads on later finds what that transaction wrote.
    async fn have_read(
        &self,
        tx: &mut Tx,
        conversation: ConversationId,
        seq: i64,
        people: &[UserId],
    ) -> village_db::Result<Vec<UserId>>;

    /// Whether there is something in the conversation that `user` has not read, asked as above.
    async fn has_unread(&self, tx: &mut Tx, conversation: ConversationId, user: UserId) -> village_db::Result<bool>;
}

#[async_trait]
pub trait ChannelConversations: Send + Sync {
    /// `user` is no member of the channel any more, so they leave its conversation, in the same transaction.
    async fn channel_left(&self, tx: &mut Tx, channel: ChannelId, user: UserId) -> village_db::Result<()>;
}
