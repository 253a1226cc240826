//! Forgets old decisions.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use village_db::transaction;

use crate::Notifications;
use crate::store::decisions;

/// How long a decision is kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Decisions deleted in one transaction.
const BATCH: i64 = 1_000;
/// Batches in one sweep, so that a large backlog is worked off over several.
const BATCHES: usize = 50;
const EVERY: Duration = Duration::from_secs(600);

impl Notifications {
    /// Sweeps every ten minutes until `stop`. Any number of processes may.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            match self.sweep().await {
                Ok(0) => {}
                Ok(forgotten) => tracing::info!(forgotten, "old notification decisions were forgotten"),
                Err(error) => tracing::warn!(%error, "old notification decisions could not be forgotten"),
            }
        }
    }

    /// Returns how many decisions were forgotten.
    pub async fn sweep(&self) -> village_db::Result<u64> {
        let before = self.deps.clock.now().minus(KEPT);
        let mut forgotten = 0;
        for _ in 0..BATCHES {
            let batch = transaction!(&self.deps.db, |tx| -> village_db::Result<u64> {
                decisions::forget(tx, before, BATCH).await
            })?;
            forgotten += batch;
            if batch < BATCH as u64 {
                break;
            }
        }
        Ok(forgotten)
    }
}
