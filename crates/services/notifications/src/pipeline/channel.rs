//! Ways to reach people who are away: push, mail. What belongs to a provider lives in its adapter.

use async_trait::async_trait;
use village_db::Tx;
use village_kernel::{NotificationId, UserId};

use super::Occurrence;

/// What a channel is given to tell. Ids only: the adapter reads what it shows when it sends, as its receiver.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    pub notification_id: NotificationId,
    pub occurrence: &'a Occurrence,
}

#[async_trait]
pub trait Channel: Send + Sync + 'static {
    /// For logs and metrics: `push`, `mail`.
    fn name(&self) -> &'static str;

    /// Takes over telling `people`, by rows in its own queue written in `tx`: they are told if and only if the item
    /// stands, and once. Sending happens later, outside; whether a person wants this channel is the adapter's check.
    async fn enqueue(&self, tx: &mut Tx, notice: &Notice<'_>, people: &[UserId]) -> village_db::Result<()>;
}
