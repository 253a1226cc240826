//! Moves committed events from the outbox to the bus. Runs in every process; rows are claimed, so several do not clash.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use village_db::{Db, transaction};
use village_live::{Received, SharedLive, Topic};

use crate::{Bus, outbox};

const BATCH: i64 = 200;
/// Backstop when a wake-up is lost.
const POLL: Duration = Duration::from_secs(1);

/// Runs until `stop`.
pub async fn run_relay(db: Db, bus: Arc<dyn Bus>, live: SharedLive, stop: CancellationToken) {
    let mut hints = live.subscribe();
    loop {
        match move_batch(&db, &bus).await {
            Ok(moved) if moved > 0 => {
                metrics::counter!("village_bus_relayed_events_total").increment(moved as u64);
                outbox::wake(&*live);
                if moved as i64 == BATCH {
                    continue;
                }
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "events could not be moved to the bus; trying again"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(POLL) => {}
            () = work_announced(&mut hints) => {}
        }
    }
}

/// Resolves when somebody says that there is work, or when such a hint may have been lost.
pub(crate) async fn work_announced(hints: &mut village_live::Subscription) {
    loop {
        match hints.next().await {
            Some(Received::Missed) => return,
            Some(Received::Hint(hint)) if hint.topic == Topic::Queue => return,
            Some(Received::Hint(_)) => {}
            None => std::future::pending().await,
        }
    }
}

async fn move_batch(db: &Db, bus: &Arc<dyn Bus>) -> village_db::Result<usize> {
    transaction!(db, |tx| -> village_db::Result<usize> {
        let events = outbox::take(tx, BATCH).await?;
        #[cfg(feature = "sabotage")]
        let events = crate::sabotage::kept(events);
        if !events.is_empty() {
            bus.accept(tx, &events).await?;
        }
        Ok(events.len())
    })
}
