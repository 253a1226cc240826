//! Clears away images that nobody uses, and objects that no image needs.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use village_db::transaction;
use village_kernel::MediaId;

use super::Media;
use crate::store::media::{self as store, Garbage};

const EVERY: Duration = Duration::from_secs(3 * 60);
/// Rows in one transaction.
const BATCH: i64 = 100;
/// Batches of each kind in one round; what is left waits for the next.
const BATCHES: usize = 20;
/// When an object whose deletion failed, or whose sweeper died, is tried again.
const AGAIN: Duration = Duration::from_secs(15 * 60);

/// What one round cleared away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub images: usize,
    pub objects: usize,
}

impl Media {
    /// Sweeps every few minutes until `stop`. One task per process; several processes do not clash.
    pub async fn sweep(&self, stop: CancellationToken) {
        loop {
            match self.sweep_once().await {
                Ok(swept) if swept != Swept::default() => {
                    tracing::info!(images = swept.images, objects = swept.objects, "unused images were cleared away");
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "unused images could not be cleared away; trying again later")
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// One round, of a bounded number of images and objects.
    pub async fn sweep_once(&self) -> village_db::Result<Swept> {
        let mut swept = Swept::default();
        for _ in 0..BATCHES {
            let images = self.discard_orphans().await?;
            swept.images += images;
            if images < BATCH as usize {
                break;
            }
        }
        for _ in 0..BATCHES {
            let (claimed, deleted) = self.collect_garbage().await?;
            swept.objects += deleted;
            if claimed < BATCH as usize {
                break;
            }
        }
        Ok(swept)
    }

    async fn discard_orphans(&self) -> village_db::Result<usize> {
        let now = self.clock.now();
        let before = now.minus(self.settings.orphan_age);
        let discarded = transaction!(&self.db, |tx| -> village_db::Result<Vec<MediaId>> {
            let discarded = store::discard_orphans(tx, before, now, BATCH).await?;
            self.tell_after_commit(tx, discarded.clone());
            Ok(discarded)
        })?;
        Ok(discarded.len())
    }

    /// How many objects were due, and how many of them are gone.
    async fn collect_garbage(&self) -> village_db::Result<(usize, usize)> {
        let now = self.clock.now();
        let due = transaction!(&self.db, |tx| -> village_db::Result<Vec<Garbage>> {
            store::claim_garbage(tx, now, now.plus(AGAIN), BATCH).await
        })?;
        let mut gone = Vec::with_capacity(due.len());
        for object in &due {
            match self.blobs.delete(&object.key()?).await {
                Ok(()) => gone.push(object.garbage_id),
                Err(error) => {
                    tracing::warn!(%error, "an object could not be deleted; trying again later")
                }
            }
        }
        if !gone.is_empty() {
            transaction!(&self.db, |tx| -> village_db::Result<()> { store::forget_garbage(tx, &gone).await })?;
        }
        Ok((due.len(), gone.len()))
    }
}
