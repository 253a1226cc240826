//! Moves committed events from the outbox to the bus. Runs in every process; rows are claimed, so several do not clash.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use village_db::{Db, transaction};
use village_live::{Hint, SharedLive, Topic};

use crate::{Bus, outbox};

const BATCH: i64 = 200;
/// After a wake-up, how long it waits for more: a batch costs little more than one event, and nobody sees the difference.
const GATHER: Duration = Duration::from_millis(20);
/// Backstop when a wake-up is lost.
const POLL: Duration = Duration::from_secs(1);

/// Runs until `stop`.
pub async fn run_relay(db: Db, bus: Arc<dyn Bus>, live: SharedLive, stop: CancellationToken) {
    let mut hints = live.subscribe(&[Topic::Outbox]);
    loop {
        match move_batch(&db, &bus, &live).await {
            Ok(moved) if moved > 0 => {
                metrics::counter!("village_bus_relayed_events_total").increment(moved as u64);
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
            _ = hints.next() => tokio::time::sleep(GATHER).await,
        }
    }
}

async fn move_batch(db: &Db, bus: &Arc<dyn Bus>, live: &SharedLive) -> village_db::Result<usize> {
    transaction!(db, |tx| -> village_db::Result<usize> {
        let events = outbox::take(tx, BATCH).await?;
        #[cfg(feature = "sabotage")]
        let events = crate::sabotage::kept(events);
        if !events.is_empty() {
            let subscribers = bus.accept(tx, &events).await?;
            let live = live.clone();
            tx.after_commit(move || {
                subscribers.into_iter().for_each(|name| live.publish(Hint::new(Topic::Queue, key_of(name))));
            });
        }
        Ok(events.len())
    })
}

/// What hints about a subscriber's queue are about.
pub(crate) fn key_of(subscriber: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, subscriber.as_bytes())
}
