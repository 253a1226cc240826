//! Messages that end: in conversations with a retention time, what is older is deleted, with all that belongs to it.
//!
//! Each chunk moves the end of what has ended and deletes up to it in one transaction, so any node may do it, at any
//! time, and be killed in between.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use village_db::transaction;
use village_kernel::{ConversationId, Instant, every};

use crate::store::expiry::{self, Expiring};
use crate::store::links;
use crate::{Messaging, MessagingError};

const EVERY: Duration = Duration::from_secs(60);
/// Conversations looked at in one query.
const PAGE: i64 = 100;
/// Messages deleted in one transaction: SQLite's one writer is held meanwhile.
const CHUNK: i64 = 200;
/// Expired links deleted in one go.
const LINKS: i64 = 500;

impl Messaging {
    /// Deletes what has ended, every minute until `stop`.
    pub async fn sweep(self: Arc<Self>, stop: CancellationToken) {
        every(EVERY, stop, || {
            let service = self.clone();
            async move {
                if let Err(error) = service.sweep_once().await {
                    tracing::warn!(%error, "messages that have ended could not be deleted; trying again soon");
                }
            }
        })
        .await;
    }

    /// Deletes what has ended by now. Returns how many messages.
    pub async fn sweep_once(&self) -> Result<u64, MessagingError> {
        let now = self.clock.now();
        transaction!(&self.db, |tx| -> Result<u64, MessagingError> {
            Ok(links::delete_expired(tx, now, LINKS).await?)
        })?;
        let (mut after, mut deleted) = (None, 0);
        loop {
            let page = expiry::conversations(&mut self.db.reader().await?, after, PAGE).await?;
            for conversation in &page {
                match self.expire(conversation, now).await {
                    Ok(ended) => deleted += ended,
                    // The others do not wait for it. Where the database is away, the next page says so.
                    Err(error) => {
                        let conversation = conversation.id;
                        tracing::warn!(%error, %conversation, "messages that have ended could not be deleted");
                    }
                }
            }
            match page.last() {
                Some(last) if page.len() as i64 == PAGE => after = Some(last.id),
                _ => break,
            }
        }
        if deleted > 0 {
            metrics::counter!("village_messaging_expired_messages_total").increment(deleted);
        }
        Ok(deleted)
    }

    async fn expire(&self, conversation: &Expiring, now: Instant) -> Result<u64, MessagingError> {
        let before = now.plus_secs(-conversation.retention_seconds);
        let mut deleted = 0;
        loop {
            let chunk = self.expire_chunk(conversation.id, conversation.retention_seconds, before).await?;
            deleted += chunk;
            if (chunk as i64) < CHUNK {
                return Ok(deleted);
            }
        }
    }

    async fn expire_chunk(
        &self,
        conversation: ConversationId,
        retention_seconds: i64,
        before: Instant,
    ) -> Result<u64, MessagingError> {
        transaction!(&self.db, |tx| -> Result<u64, MessagingError> {
            let Some((seq, number)) = expiry::end_of(tx, conversation, before, CHUNK).await? else { return Ok(0) };
            // From here on the conversation is locked. Another node was faster, or it is to keep more now: nothing.
            if !expiry::move_end(tx, conversation, retention_seconds, seq, number).await? {
                return Ok(0);
            }
            let (deleted, media) = expiry::delete_up_to(tx, conversation, seq).await?;
            self.release_images(tx, &media).await?;
            Ok(deleted)
        })
    }
}
