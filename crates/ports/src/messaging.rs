//! Owned by messaging: who takes part in a conversation.

use async_trait::async_trait;
use village_kernel::{ConversationId, UserId};

#[async_trait]
pub trait ConversationAccess: Send + Sync {
    /// The people who take part now.
    async fn members(&self, conversation: ConversationId) -> village_db::Result<Vec<UserId>>;

    /// Whether `user` has read everything up to and including the change numbered `seq`.
    async fn has_read(&self, conversation: ConversationId, user: UserId, seq: i64) -> village_db::Result<bool>;
}
