//! What every bus promises, and the outbox before it: state and event together, at least once, never lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use village_bus::{
    Batches, Bus, DatabaseBus, HandleError, RetryPolicy, Subscriber, Subscription, run_relay, run_subscriber,
};
use village_db::{Error, fetch_one, transaction};
use village_events::{CloudEvent, Event, Followed};
use village_kernel::{Clock, EventId, UserId};
use village_live::Topic;
use village_testkit::{Fresh, on_both_engines};

const SUBSCRIPTION: Subscription = Subscription { subscriber: "test.hears", event_types: &[Followed::TYPE] };
const LEASE: Duration = Duration::from_secs(30);

/// A subscriber for tests: reports what it is given, and fails as often as it is told.
struct Recorder {
    heard: mpsc::UnboundedSender<EventId>,
    failures: Mutex<HashMap<EventId, u32>>,
    fail_times: u32,
    permanently: bool,
}

#[async_trait]
impl Subscriber for Recorder {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    fn retry_policy(&self) -> RetryPolicy {
        let soon = Duration::from_millis(2);
        RetryPolicy { attempts: 4, first_pause: soon, longest_pause: soon, time_limit: LEASE }
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let failed = {
            let mut failures = self.failures.lock().unwrap();
            let failed = failures.entry(event.id).or_default();
            *failed += 1;
            *failed <= self.fail_times
        };
        match failed {
            true if self.permanently => Err(HandleError::Permanent("never".into())),
            true => Err(HandleError::Retry("not yet".into())),
            false => {
                let _ = self.heard.send(event.id);
                Ok(())
            }
        }
    }
}

/// Relays and a worker, until dropped.
struct Running {
    bus: DatabaseBus,
    heard: mpsc::UnboundedReceiver<EventId>,
    stop: CancellationToken,
}

impl Running {
    fn start(fresh: &Fresh, fail_times: u32, permanently: bool) -> Self {
        let bus = DatabaseBus::new(fresh.db.clone(), vec![SUBSCRIPTION]);
        let (sender, heard) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let recorder = Arc::new(Recorder { heard: sender, failures: Mutex::default(), fail_times, permanently });
        let shared: Arc<dyn Bus> = Arc::new(bus.clone());
        // Two of each, as in two processes.
        for _ in 0..2 {
            tokio::spawn(run_relay(fresh.db.clone(), shared.clone(), fresh.live.clone(), stop.clone()));
            let live = fresh.live.clone();
            tokio::spawn(run_subscriber(shared.clone(), live, recorder.clone(), stop.clone()));
        }
        Self { bus, heard, stop }
    }

    async fn next(&mut self) -> EventId {
        tokio::time::timeout(Duration::from_secs(20), self.heard.recv()).await.expect("an event arrives").unwrap()
    }

    /// Waits until the queue and the outbox are empty.
    async fn settled(&self) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while self.bus.depth().await.unwrap() > 0 {
            assert!(tokio::time::Instant::now() < deadline, "the queue drains");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn followed(fresh: &Fresh) -> Followed {
    Followed { follower_id: UserId::new(fresh.clock.now()), followee_id: UserId::new(fresh.clock.now()) }
}

async fn publish(fresh: &Fresh, count: usize) -> Vec<EventId> {
    transaction!(&fresh.db, |tx| -> Result<Vec<EventId>, Error> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(fresh.outbox.publish(tx, &followed(fresh)).await?);
        }
        Ok(ids)
    })
    .unwrap()
}

#[tokio::test]
async fn every_committed_event_is_heard_and_then_forgotten() {
    on_both_engines(async |fresh: &Fresh| {
        let mut running = Running::start(fresh, 0, false);
        let mut published = publish(fresh, 300).await;
        let mut heard = Vec::new();
        for _ in 0..300 {
            heard.push(running.next().await);
        }
        published.sort();
        heard.sort();
        assert_eq!(heard, published);
        running.settled().await;
    })
    .await;
}

#[tokio::test]
async fn an_event_of_a_transaction_that_failed_is_never_heard() {
    on_both_engines(async |fresh: &Fresh| {
        let mut running = Running::start(fresh, 0, false);
        let failed = transaction!(&fresh.db, |tx| -> Result<(), Error> {
            fresh.outbox.publish(tx, &followed(fresh)).await?;
            Err(Error::RowNotFound)
        });
        assert!(failed.is_err());
        let after = publish(fresh, 1).await;
        assert_eq!(running.next().await, after[0]);
        running.settled().await;
        assert!(running.heard.try_recv().is_err());
    })
    .await;
}

#[tokio::test]
async fn what_fails_is_tried_again_until_it_succeeds() {
    on_both_engines(async |fresh: &Fresh| {
        let mut running = Running::start(fresh, 3, false);
        let published = publish(fresh, 1).await;
        assert_eq!(running.next().await, published[0]);
        running.settled().await;
        assert!(running.bus.dead(10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_keeps_failing_is_buried_and_can_be_replayed() {
    on_both_engines(async |fresh: &Fresh| {
        for permanently in [false, true] {
            let running = Running::start(fresh, u32::MAX, permanently);
            let published = publish(fresh, 1).await;
            running.settled().await;
            let dead = running.bus.dead(10).await.unwrap();
            assert_eq!(dead.len(), 1);
            assert_eq!((dead[0].event_id, dead[0].attempts), (published[0], if permanently { 1 } else { 4 }));
            drop(running);

            let mut running = Running::start(fresh, 0, false);
            assert!(running.bus.replay(SUBSCRIPTION.subscriber, published[0]).await.unwrap());
            assert!(!running.bus.replay(SUBSCRIPTION.subscriber, published[0]).await.unwrap());
            assert_eq!(running.next().await, published[0]);
            running.settled().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_leased_event_is_handed_to_nobody_else_until_the_lease_ends() {
    on_both_engines(async |fresh: &Fresh| {
        let bus = DatabaseBus::new(fresh.db.clone(), vec![SUBSCRIPTION]);
        publish(fresh, 5).await;
        let stop = CancellationToken::new();
        let shared: Arc<dyn Bus> = Arc::new(bus.clone());
        tokio::spawn(run_relay(fresh.db.clone(), shared, fresh.live.clone(), stop.clone()));
        let mut hints = fresh.live.subscribe(&[Topic::Queue]);
        let mut first = bus.receive(SUBSCRIPTION.subscriber, 3, LEASE).await.unwrap();
        while first.is_empty() {
            hints.next().await;
            first = bus.receive(SUBSCRIPTION.subscriber, 3, LEASE).await.unwrap();
        }
        stop.cancel();
        assert_eq!(first.len(), 3);
        let second = bus.receive(SUBSCRIPTION.subscriber, 10, LEASE).await.unwrap();
        assert_eq!(second.len(), 2, "only what nobody holds");
        assert!(bus.receive(SUBSCRIPTION.subscriber, 10, LEASE).await.unwrap().is_empty());

        // A worker that died says nothing; its lease just ends. Giving it back at once is the same.
        bus.retry(&first[0], Duration::ZERO, "died").await.unwrap();
        let again = bus.receive(SUBSCRIPTION.subscriber, 10, LEASE).await.unwrap();
        assert_eq!((again.len(), again[0].event.id, again[0].attempts), (1, first[0].event.id, 2));
    })
    .await;
}

#[tokio::test]
async fn concurrent_workers_never_hold_the_same_event() {
    on_both_engines(async |fresh: &Fresh| {
        let bus = DatabaseBus::new(fresh.db.clone(), vec![SUBSCRIPTION]);
        let ids = publish(fresh, 100).await;
        transaction!(&fresh.db, |tx| -> Result<(), Error> {
            let events: Vec<CloudEvent> =
                ids.iter().map(|id| CloudEvent::new(*id, fresh.clock.now(), None, &followed(fresh))).collect();
            bus.accept(tx, &events).await.map(drop)
        })
        .unwrap();
        let workers = (0..8).map(|_| {
            let bus = bus.clone();
            tokio::spawn(async move {
                let mut got = Vec::new();
                loop {
                    let batch = bus.receive(SUBSCRIPTION.subscriber, 7, LEASE).await.unwrap();
                    if batch.is_empty() {
                        return got;
                    }
                    got.extend(batch.into_iter().map(|delivery| delivery.event.id));
                }
            })
        });
        let mut got: Vec<EventId> =
            futures::future::join_all(workers).await.into_iter().flat_map(|worker| worker.unwrap()).collect();
        let handed_out = got.len();
        got.sort();
        got.dedup();
        assert_eq!(got.len(), handed_out, "no event twice");
        // `skip locked` may let a worker see none while others still hold some; what is left is handed out later.
        let (left,): (i64,) = {
            let mut reader = fresh.db.reader().await.unwrap();
            fetch_one!(&mut reader, "select count(*) from bus_queue where attempts = 0").unwrap()
        };
        assert_eq!(handed_out as i64 + left, 100);
    })
    .await;
}

#[tokio::test]
async fn a_handler_that_panics_does_not_end_the_worker() {
    struct Panics(mpsc::UnboundedSender<i64>);

    #[async_trait]
    impl Subscriber for Panics {
        fn subscription(&self) -> Subscription {
            SUBSCRIPTION
        }
        fn retry_policy(&self) -> RetryPolicy {
            let soon = Duration::from_millis(1);
            RetryPolicy { attempts: 2, first_pause: soon, longest_pause: soon, time_limit: LEASE }
        }
        async fn handle(&self, _: &CloudEvent) -> Result<(), HandleError> {
            let _ = self.0.send(1);
            panic!("a bug in a handler")
        }
    }

    on_both_engines(async |fresh: &Fresh| {
        let bus = DatabaseBus::new(fresh.db.clone(), vec![SUBSCRIPTION]);
        let shared: Arc<dyn Bus> = Arc::new(bus.clone());
        let (sender, mut calls) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        tokio::spawn(run_relay(fresh.db.clone(), shared.clone(), fresh.live.clone(), stop.clone()));
        tokio::spawn(run_subscriber(shared, fresh.live.clone(), Arc::new(Panics(sender)), stop.clone()));
        publish(fresh, 2).await;
        for _ in 0..4 {
            tokio::time::timeout(Duration::from_secs(20), calls.recv()).await.expect("each is tried twice");
        }
        stop.cancel();
    })
    .await;
}

/// Handles several at once, and cannot handle `poison`.
struct Batched {
    handled: mpsc::UnboundedSender<Vec<EventId>>,
    poison: Mutex<Option<EventId>>,
}

#[async_trait]
impl Subscriber for Batched {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    fn retry_policy(&self) -> RetryPolicy {
        let soon = Duration::from_millis(1);
        RetryPolicy { attempts: 3, first_pause: soon, longest_pause: soon, time_limit: LEASE }
    }

    fn batches(&self) -> Batches {
        Batches { size: 16, gather: Duration::from_millis(20) }
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        self.handle_all(std::slice::from_ref(event)).await
    }

    async fn handle_all(&self, events: &[CloudEvent]) -> Result<(), HandleError> {
        let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
        if self.poison.lock().unwrap().is_some_and(|poison| ids.contains(&poison)) {
            return Err(HandleError::Permanent("poison".into()));
        }
        let _ = self.handled.send(ids);
        Ok(())
    }
}

#[tokio::test]
async fn one_bad_event_of_a_batch_is_buried_alone_and_holds_up_no_other() {
    on_both_engines(async |fresh: &Fresh| {
        let bus = DatabaseBus::new(fresh.db.clone(), vec![SUBSCRIPTION]);
        let ids = publish(fresh, 40).await;
        let (handled, mut batches) = mpsc::unbounded_channel();
        let subscriber = Batched { handled, poison: Mutex::new(Some(ids[7])) };
        let shared: Arc<dyn Bus> = Arc::new(bus.clone());
        let stop = CancellationToken::new();
        tokio::spawn(run_relay(fresh.db.clone(), shared.clone(), fresh.live.clone(), stop.clone()));
        tokio::spawn(run_subscriber(shared, fresh.live.clone(), Arc::new(subscriber), stop.clone()));
        let (mut heard, mut largest) = (Vec::new(), 0);
        while heard.len() < 39 {
            let batch = tokio::time::timeout(Duration::from_secs(20), batches.recv()).await.expect("more").unwrap();
            largest = largest.max(batch.len());
            heard.extend(batch);
        }
        heard.sort();
        let mut expected: Vec<EventId> = ids.iter().copied().filter(|id| *id != ids[7]).collect();
        expected.sort();
        assert_eq!(heard, expected, "each of the others, once");
        assert!((2..=16).contains(&largest), "several at once, but not more than asked for: {largest}");
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while bus.depth().await.unwrap() > 0 {
            assert!(tokio::time::Instant::now() < deadline, "the queue drains");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let dead: Vec<EventId> = bus.dead(10).await.unwrap().iter().map(|dead| dead.event_id).collect();
        assert_eq!(dead, [ids[7]]);
        stop.cancel();
    })
    .await;
}
