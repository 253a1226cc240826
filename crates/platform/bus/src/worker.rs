//! Runs one subscriber: receive, handle, and say how it went.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use village_live::{Received, SharedLive, Topic};

use crate::relay::key_of;
use crate::{Bus, Delivery, HandleError, Subscriber};

/// Backstop when a wake-up is lost; also how soon a pause that has ended is noticed.
const POLL: Duration = Duration::from_secs(1);

/// How long a delivery is ours without a word from us: what a killed process held is handed out again after this.
const LEASE: Duration = Duration::from_secs(10);

/// Runs until `stop`, then finishes what it has begun.
pub async fn run_subscriber(
    bus: Arc<dyn Bus>,
    live: SharedLive,
    subscriber: Arc<dyn Subscriber>,
    stop: CancellationToken,
) {
    let name = subscriber.subscription().subscriber;
    let batches = subscriber.batches();
    let mut hints = live.subscribe(&[Topic::Queue]);
    // Tasks, not futures polled here: one that waits for its turn to write must go on while we wait to receive.
    let mut running = JoinSet::new();
    let mut idle = false;
    loop {
        let free = subscriber.concurrency().saturating_sub(running.len());
        if !idle && free > 0 && !stop.is_cancelled() {
            let limit = free as u32 * batches.size;
            match bus.receive(name, limit, LEASE).await {
                Ok(deliveries) => {
                    idle = (deliveries.len() as u32) < limit;
                    for batch in into_batches(deliveries, batches.size) {
                        running.spawn(deliver(bus.clone(), subscriber.clone(), batch));
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, subscriber = name, "events could not be received; trying again");
                    idle = true;
                }
            }
            continue;
        }
        if stop.is_cancelled() && running.is_empty() {
            return;
        }
        tokio::select! {
            () = stop.cancelled(), if !stop.is_cancelled() => {}
            Some(_) = running.join_next(), if !running.is_empty() => {}
            () = work_announced(&mut hints, name), if idle => {
                tokio::time::sleep(batches.gather).await;
                idle = false;
            }
            () = tokio::time::sleep(POLL), if idle => idle = false,
        }
    }
}

/// Resolves when somebody says that there is work, or when such a hint may have been lost.
async fn work_announced(hints: &mut village_live::Subscription, subscriber: &str) {
    let ours = [Uuid::nil(), key_of(subscriber)];
    loop {
        match hints.next().await {
            Some(Received::Hint(hint)) if !ours.contains(&hint.key) => {}
            Some(_) => return,
            None => std::future::pending().await,
        }
    }
}

/// What has been handed out before may have failed with others: it is handled alone.
fn into_batches(deliveries: Vec<Delivery>, size: u32) -> Vec<Vec<Delivery>> {
    let (first, again): (Vec<_>, Vec<_>) = deliveries.into_iter().partition(|delivery| delivery.attempts <= 1);
    let mut batches: Vec<Vec<Delivery>> = again.into_iter().map(|delivery| vec![delivery]).collect();
    batches.extend(first.chunks(size.max(1) as usize).map(<[Delivery]>::to_vec));
    batches
}

async fn deliver(bus: Arc<dyn Bus>, subscriber: Arc<dyn Subscriber>, batch: Vec<Delivery>) {
    let name = subscriber.subscription().subscriber;
    let policy = subscriber.retry_policy();
    let started = std::time::Instant::now();
    // A handler that panics must not end the worker; a spawned task keeps the panic to itself.
    let mut handled = {
        let events: Vec<_> = batch.iter().map(|delivery| delivery.event.clone()).collect();
        tokio::spawn(tokio::time::timeout(policy.time_limit, async move {
            match events.as_slice() {
                [event] => subscriber.handle(event).await,
                events => subscriber.handle_all(events).await,
            }
        }))
    };
    let handled = loop {
        tokio::select! {
            handled = &mut handled => break handled,
            () = tokio::time::sleep(LEASE / 3) => {
                if let Err(error) = bus.extend(&batch, LEASE).await {
                    tracing::warn!(%error, subscriber = name, events = batch.len(), "leases were not renewed");
                }
            }
        }
    };
    let outcome = match handled {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(HandleError::Retry(format!("took longer than {:?}", policy.time_limit))),
        Err(_) => Err(HandleError::Retry("the handler panicked".to_owned())),
    };
    metrics::histogram!("village_bus_handle_seconds", "subscriber" => name).record(started.elapsed().as_secs_f64());
    let Err(error) = outcome else {
        count(name, "done", batch.len());
        if let Err(error) = bus.done(&batch).await {
            // The leases run out and the events are handed out again; subscribers are idempotent.
            tracing::warn!(%error, subscriber = name, events = batch.len(), "events were handled, but not recorded as such");
        }
        return;
    };
    let is_alone = batch.len() == 1;
    for delivery in &batch {
        let told = match &error {
            // Of a batch nobody knows which one it was.
            HandleError::Retry(message) | HandleError::Permanent(message)
                if !is_alone || delivery.attempts < policy.attempts && matches!(error, HandleError::Retry(_)) =>
            {
                let pause = policy.pause_after(delivery.attempts);
                tracing::warn!(
                    subscriber = name, event_id = %delivery.event.id, event_type = delivery.event.event_type,
                    attempts = delivery.attempts, pause_ms = pause.as_millis() as u64, error = message,
                    "an event could not be handled; it will be tried again"
                );
                count(name, "retry", 1);
                bus.retry(delivery, pause, message).await
            }
            HandleError::Retry(message) | HandleError::Permanent(message) => {
                tracing::error!(
                    subscriber = name, event_id = %delivery.event.id, event_type = delivery.event.event_type,
                    attempts = delivery.attempts, error = message,
                    "an event is dead; see `village events dead`"
                );
                count(name, "dead", 1);
                bus.bury(delivery, message).await
            }
        };
        if let Err(error) = told {
            // As above.
            tracing::warn!(%error, subscriber = name, event_id = %delivery.event.id, "the outcome of an event was not recorded");
        }
    }
}

fn count(subscriber: &'static str, outcome: &'static str, events: usize) {
    metrics::counter!("village_bus_events_total", "subscriber" => subscriber, "outcome" => outcome)
        .increment(events as u64);
}
