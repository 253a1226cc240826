//! What the socket needs to push notifications live.

use std::collections::HashMap;

use async_trait::async_trait;
use village_db::Tx;
use village_kernel::{ConversationId, NotificationId, UserId, Viewer};
use village_live::{Hint, Topic};
use village_ports::{NotificationFeed, NotificationMark, NotificationUpdate};

use crate::Notifications;
use crate::store::marks::MarkRow;
use crate::store::{items, marks};

/// More than this is read over REST.
const SINCE_MAX: u32 = 200;

impl From<MarkRow> for NotificationMark {
    fn from(row: MarkRow) -> Self {
        Self { seq: row.seq, unread_count: row.unread_count }
    }
}

#[async_trait]
impl NotificationFeed for Notifications {
    async fn mark(&self, user: UserId) -> village_db::Result<NotificationMark> {
        let row = marks::find(&mut self.deps.db.reader().await?, user).await?;
        Ok(row.map(NotificationMark::from).unwrap_or_default())
    }

    async fn marks(&self, users: &[UserId]) -> village_db::Result<Vec<(UserId, NotificationMark)>> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let rows = marks::of(&mut self.deps.db.reader().await?, users).await?;
        let known: HashMap<UserId, NotificationMark> = rows.into_iter().map(|row| (row.user_id, row.into())).collect();
        // Who was never told anything stands at zero.
        Ok(users.iter().map(|user| (*user, known.get(user).copied().unwrap_or_default())).collect())
    }

    async fn conversation_read(
        &self,
        tx: &mut Tx,
        user: UserId,
        conversation: ConversationId,
    ) -> village_db::Result<()> {
        // The lock even where there is nothing to read yet: an item that is being written now is waited for, and one
        // that is written later finds the conversation read.
        marks::lock(tx, &[user]).await?;
        if !items::read_conversation(tx, user, conversation).await? {
            return Ok(());
        }
        let moved = marks::advance(tx, &[user], 0).await?;
        marks::recount(tx, &[user]).await?;
        let live = self.deps.live.clone();
        tx.after_commit(move || {
            for mark in moved {
                live.publish(Hint::new(Topic::Notification, mark.user_id).mark(mark.seq));
            }
        });
        Ok(())
    }

    async fn since(&self, viewer: &Viewer, seq: i64, limit: u32) -> village_db::Result<Vec<NotificationUpdate>> {
        let limit = i64::from(limit.min(SINCE_MAX));
        let rows = items::since(&mut self.deps.db.reader().await?, viewer, seq, limit).await?;
        let changed: HashMap<NotificationId, i64> =
            rows.iter().map(|row| (row.notification_id, row.changed_seq)).collect();
        let shown = self.hydrate(viewer, rows).await?;
        shown
            .into_iter()
            .map(|notification| {
                let seq = changed.get(&notification.id).copied().unwrap_or(notification.seq);
                let json = serde_json::to_value(notification);
                let notification = json.map_err(|error| village_db::Error::Encode(error.into()))?;
                Ok(NotificationUpdate { seq, notification })
            })
            .collect()
    }
}
