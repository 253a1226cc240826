//! Channels whose names were folded by other rules than those of now, or before there were any, are folded anew.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use village_db::{Pass, Result, transaction};
use village_kernel::ChannelId;
use village_kernel::text::FOLDING;

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
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                done = self.refold_once() => if let Err(error) = done {
                    tracing::warn!(%error, "names of channels could not be folded anew; trying again later");
                }
            }
        }
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
