//! Runs one subscriber: receive, handle, and say how it went.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use village_live::SharedLive;

use crate::relay::work_announced;
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
    let mut hints = live.subscribe();
    // Tasks, not futures polled here: one that waits for its turn to write must go on while we wait to receive.
    let mut running = JoinSet::new();
    let mut idle = false;
    loop {
        let free = subscriber.concurrency().saturating_sub(running.len());
        if !idle && free > 0 && !stop.is_cancelled() {
            match bus.receive(name, free as u32, LEASE).await {
                Ok(deliveries) => {
                    idle = deliveries.len() < free;
                    for delivery in deliveries {
                        running.spawn(deliver(bus.clone(), subscriber.clone(), delivery));
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
            () = work_announced(&mut hints), if idle => idle = false,
            () = tokio::time::sleep(POLL), if idle => idle = false,
        }
    }
}

async fn deliver(bus: Arc<dyn Bus>, subscriber: Arc<dyn Subscriber>, delivery: Delivery) {
    let name = delivery.subscriber;
    let policy = subscriber.retry_policy();
    let started = std::time::Instant::now();
    // A handler that panics must not end the worker; a spawned task keeps the panic to itself.
    let mut handled = {
        let subscriber = subscriber.clone();
        let event = delivery.event.clone();
        tokio::spawn(tokio::time::timeout(policy.time_limit, async move { subscriber.handle(&event).await }))
    };
    let handled = loop {
        tokio::select! {
            handled = &mut handled => break handled,
            () = tokio::time::sleep(LEASE / 3) => {
                if let Err(error) = bus.extend(&delivery, LEASE).await {
                    tracing::warn!(%error, subscriber = name, event_id = %delivery.event.id, "a lease was not renewed");
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
    let told = match outcome {
        Ok(()) => {
            metrics::counter!("village_bus_events_total", "subscriber" => name, "outcome" => "done").increment(1);
            bus.done(&delivery).await
        }
        Err(HandleError::Retry(message)) if delivery.attempts < policy.attempts => {
            let pause = policy.pause_after(delivery.attempts);
            tracing::warn!(
                subscriber = name, event_id = %delivery.event.id, event_type = delivery.event.event_type,
                attempts = delivery.attempts, pause_ms = pause.as_millis() as u64, error = message,
                "an event could not be handled; it will be tried again"
            );
            metrics::counter!("village_bus_events_total", "subscriber" => name, "outcome" => "retry").increment(1);
            bus.retry(&delivery, pause, &message).await
        }
        Err(HandleError::Retry(message) | HandleError::Permanent(message)) => {
            tracing::error!(
                subscriber = name, event_id = %delivery.event.id, event_type = delivery.event.event_type,
                attempts = delivery.attempts, error = message,
                "an event is dead; see `village events dead`"
            );
            metrics::counter!("village_bus_events_total", "subscriber" => name, "outcome" => "dead").increment(1);
            bus.bury(&delivery, &message).await
        }
    };
    if let Err(error) = told {
        // The lease runs out and the event is handed out again; subscribers are idempotent.
        tracing::warn!(%error, subscriber = name, event_id = %delivery.event.id, "the outcome of an event was not recorded");
    }
}
