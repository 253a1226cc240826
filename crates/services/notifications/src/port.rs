//! What the socket needs to push notifications live.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use village_db::Tx;
use village_kernel::{ConversationId, UserId, Viewer};
use village_ports::{NotificationChange, NotificationFeed, NotificationMark, NotificationUpdate};

use crate::Notifications;
use crate::store::{items, marks, removed};

/// More than this is read over REST.
const SINCE_MAX: u32 = 200;

#[async_trait]
impl NotificationFeed for Notifications {
    async fn mark(&self, user: UserId) -> village_db::Result<NotificationMark> {
        let row = marks::find(&mut self.deps.db.reader().await?, user).await?;
        let mark = self.shown_counts(row.into_iter().collect()).await?.pop();
        Ok(mark.map(|(_, mark)| mark).unwrap_or_default())
    }

    async fn marks(&self, users: &[UserId]) -> village_db::Result<Vec<(UserId, NotificationMark)>> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let rows = marks::of(&mut self.deps.db.reader().await?, users).await?;
        let known: HashMap<UserId, NotificationMark> = self.shown_counts(rows).await?.into_iter().collect();
        // Who was never told anything stands at zero.
        Ok(users.iter().map(|user| (*user, known.get(user).copied().unwrap_or_default())).collect())
    }

    async fn seqs(&self, users: &[UserId]) -> village_db::Result<Vec<(UserId, i64)>> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let rows = marks::of(&mut self.deps.db.reader().await?, users).await?;
        Ok(rows.into_iter().map(|row| (row.user_id, row.seq)).collect())
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
        self.hint(tx, moved);
        Ok(())
    }

    async fn since(&self, viewer: &Viewer, seq: i64, limit: u32) -> village_db::Result<Vec<NotificationUpdate>> {
        let limit = i64::from(limit.min(SINCE_MAX));
        let mut reader = self.deps.db.reader().await?;
        let rows = items::since(&mut reader, viewer, seq, limit).await?;
        let gone = removed::since(&mut reader, viewer, seq, limit).await?;
        drop(reader);
        // What changed and may not be shown is gone for the viewer too: a device may have shown it before.
        let mut changes: BTreeMap<i64, NotificationChange> =
            gone.into_iter().map(|(seq, id)| (seq, NotificationChange::Removed(id))).collect();
        let mut changed = HashMap::with_capacity(rows.len());
        for row in &rows {
            changed.insert(row.notification_id, row.changed_seq);
            changes.insert(row.changed_seq, NotificationChange::Removed(row.notification_id));
        }
        for notification in self.hydrate(viewer, rows).await? {
            let seq = changed.get(&notification.id).copied().unwrap_or(notification.seq);
            let json = serde_json::to_value(notification).map_err(|error| village_db::Error::Encode(error.into()))?;
            changes.insert(seq, NotificationChange::Shown(json));
        }
        let updates = changes.into_iter().map(|(seq, change)| NotificationUpdate { seq, change });
        Ok(updates.take(limit as usize).collect())
    }
}
