//! Channels whose names were folded by other rules than those of now, or before there were any, are folded anew.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use village_db::{Pass, Result, transaction};
use village_kernel::text::FOLDING;
use village_kernel::{ChannelId, every};

use crate::Posts;
use crate::channel::search_text;
use crate::store::refold;

const PASS: Pass = Pass { name: "posts_channels", version: FOLDING };
const EVERY: Duration = Duration::from_secs(600);
/// Rows read in one batch; few of them change. SQLite's one writer is held meanwhile.
const BATCH: i64 = 200;

impl Posts {
    /// Looks now and then, until `stop`, whether a round is due.
    pub async fn refold(self: Arc<Self>, stop: CancellationToken) {
        every(EVERY, stop, || {
            let service = self.clone();
            async move {
                if let Err(error) = service.refold_once().await {
                    tracing::warn!(%error, "names of channels could not be folded anew; trying again later");
                }
            }
        })
        .await;
    }

    /// Makes the round that is due. Returns how many channels changed.
    pub async fn refold_once(&self) -> Result<u64> {
        let mut changed = 0;
        loop {
            let now = self.clock.now();
            let Some(position) = PASS.due::<ChannelId>(&self.db, now).await? else { return Ok(changed) };
            changed += transaction!(&self.db, |tx| -> Result<u64> {
                let rows = refold::channels(tx, position.after, BATCH).await?;
                let last = rows.last().map(|row| row.channel_id).filter(|_| rows.len() as i64 == BATCH);
                if !PASS.moved(tx, &position, last.as_ref(), now).await? {
                    return Ok(0);
                }
                let mut changed = 0;
                for row in &rows {
                    let words = search_text(&row.slug, &row.name);
                    if words != row.search_text {
                        changed += refold::put(tx, row, &words).await?;
                    }
                }
                Ok(changed)
            })?;
        }
    }
}
