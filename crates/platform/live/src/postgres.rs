//! For several processes over one PostgreSQL database without Redis: `listen`/`notify`, ids only.
//!
//! Hints wait a few milliseconds in a bounded queue and leave together in one statement, because each
//! `notify` takes a database-wide lock at commit. Own hints reach local subscribers directly; their echo is dropped.
//! What the queue could not hold is gone, and every node is told so.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Hint, InProcessLive, Interest, Live, Subscription, Topic, wire};

const CHANNEL: &str = "village_live";
/// PostgreSQL refuses payloads of 8,000 bytes and more.
const PAYLOAD_LIMIT_BYTES: usize = 7_900;
const QUEUE: usize = 8_192;
const GATHER: Duration = Duration::from_millis(2);

pub struct PostgresLive {
    local: InProcessLive,
    outgoing: mpsc::Sender<Hint>,
    lost: Arc<AtomicBool>,
}

impl PostgresLive {
    /// Starts listening and sending; both end with `stop`.
    pub async fn start(pool: PgPool, stop: CancellationToken) -> sqlx::Result<Self> {
        let node = Uuid::new_v4();
        let local = InProcessLive::default();
        let (outgoing, queue) = mpsc::channel(QUEUE);
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(CHANNEL).await?;
        tokio::spawn(receive(listener, node, local.clone(), stop.clone()));
        let lost = Arc::<AtomicBool>::default();
        tokio::spawn(send(pool, node, queue, lost.clone(), stop));
        Ok(Self { local, outgoing, lost })
    }
}

impl Live for PostgresLive {
    fn publish(&self, hint: Hint) {
        self.local.publish(hint);
        if self.outgoing.try_send(hint).is_err() {
            self.lost.store(true, Ordering::Relaxed);
            metrics::counter!("village_live_dropped_hints_total").increment(1);
        }
    }

    fn subscribe(&self, topics: &[Topic]) -> Subscription {
        self.local.subscribe(topics)
    }

    fn attend(&self, interest: Interest) {
        self.local.attend(interest);
    }

    fn leave(&self, interest: Interest) {
        self.local.leave(interest);
    }

    /// Only those on this node: several nodes that are to know of each other's people need Redis.
    fn present(&self, people: &[Uuid]) -> BoxFuture<'_, Option<HashSet<Uuid>>> {
        self.local.present(people)
    }
}

async fn receive(mut listener: PgListener, node: Uuid, local: InProcessLive, stop: CancellationToken) {
    loop {
        let received = tokio::select! {
            () = stop.cancelled() => return,
            received = listener.try_recv() => received,
        };
        match received {
            Ok(Some(notification)) => {
                let payload = wire::unpack(node, notification.payload()).unwrap_or_default();
                payload.hints.into_iter().for_each(|hint| local.publish(hint));
                if payload.lost {
                    local.missed();
                }
            }
            // The connection was lost and made again: anything may have been said meanwhile.
            Ok(None) => {
                local.missed();
            }
            Err(error) => {
                tracing::warn!(%error, "cannot listen for hints; trying again");
                tokio::time::sleep(Duration::from_secs(1)).await;
                local.missed();
            }
        }
    }
}

async fn send(
    pool: PgPool,
    node: Uuid,
    mut queue: mpsc::Receiver<Hint>,
    lost: Arc<AtomicBool>,
    stop: CancellationToken,
) {
    let mut batch = Vec::new();
    loop {
        batch.clear();
        tokio::select! {
            () = stop.cancelled() => return,
            received = queue.recv_many(&mut batch, 256) => if received == 0 { return },
        }
        tokio::time::sleep(GATHER).await;
        while batch.len() < 1_024 {
            match queue.try_recv() {
                Ok(hint) => batch.push(hint),
                Err(_) => break,
            }
        }
        let mut payloads = wire::pack(node, &batch, PAYLOAD_LIMIT_BYTES);
        if lost.swap(false, Ordering::Relaxed) {
            payloads.push(wire::pack_lost(node));
        }
        for payload in payloads {
            let sent = sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(payload).execute(&pool).await;
            if let Err(error) = sent {
                lost.store(true, Ordering::Relaxed);
                tracing::debug!(%error, "hints could not be sent");
            }
        }
    }
}
