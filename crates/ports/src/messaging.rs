//! Owned by messaging: who takes part in a conversation, and what they want to hear of it.

use async_trait::async_trait;
use village_db::Tx;
use village_kernel::{ChannelId, ConversationId, MessageId, UserId};

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

#[async_trait]
pub trait ConversationAccess: Send + Sync {
    /// For each of `messages`, in their order: the people who take part now and could see it when it was sent, but for
    /// its sender, in the order of ids; and whether each is to be told of it. Nobody when it was deleted meanwhile.
    async fn to_notify(&self, messages: &[SentMessage]) -> village_db::Result<Vec<Vec<(UserId, Attention)>>>;

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
