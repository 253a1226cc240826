//! Owned by notifications: what the socket needs to push them live.

use async_trait::async_trait;
use village_db::Tx;
use village_kernel::{ConversationId, NotificationId, UserId, Viewer};

/// Where a person's notifications stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotificationMark {
    /// The newest change; grows by one with every new, changed or removed notification.
    pub seq: i64,
    /// The unread ones that the person is shown now.
    pub unread_count: i64,
}

/// One change of a person's notifications.
#[derive(Clone, Debug)]
pub struct NotificationUpdate {
    pub seq: i64,
    pub change: NotificationChange,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NotificationChange {
    /// The notification as it is shown now: its JSON form, ready for the socket.
    Shown(serde_json::Value),
    /// It is not shown any more.
    Removed(NotificationId),
}

#[async_trait]
pub trait NotificationFeed: Send + Sync {
    async fn mark(&self, user: UserId) -> village_db::Result<NotificationMark>;

    /// Marks of many people in a constant number of queries.
    async fn marks(&self, users: &[UserId]) -> village_db::Result<Vec<(UserId, NotificationMark)>>;

    /// The newest changes of many people, without counting, in one query.
    async fn seqs(&self, users: &[UserId]) -> village_db::Result<Vec<(UserId, i64)>> {
        Ok(self.marks(users).await?.into_iter().map(|(user, mark)| (user, mark.seq)).collect())
    }

    /// The person has read the conversation: so is what they were told of it, in the caller's transaction. A double
    /// that keeps no such notifications need not do anything.
    async fn conversation_read(
        &self,
        _tx: &mut Tx,
        _user: UserId,
        _conversation: ConversationId,
    ) -> village_db::Result<()> {
        Ok(())
    }

    /// What changed after `seq`, oldest change first, at most `limit`.
    async fn since(&self, viewer: &Viewer, seq: i64, limit: u32) -> village_db::Result<Vec<NotificationUpdate>>;
}
