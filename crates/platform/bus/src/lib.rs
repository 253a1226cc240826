//! The event bus: a transactional outbox, a relay, and subscribers.
//!
//! A use case writes its event with [`Outbox::publish`] in the transaction of the state it announces. The
//! [`relay`] moves committed events to the [`Bus`], which promises delivery at least once and no order.
//! Subscribers are idempotent; what they fail at is tried again with growing pauses, then set aside as dead.

mod bulk;
mod database;
mod outbox;
mod relay;
#[cfg(feature = "sabotage")]
mod sabotage;
mod subscriber;
mod worker;

pub use bulk::bulk_turn;
pub use database::{DatabaseBus, DeadEvent};
pub use outbox::{Outbox, PreparedEvent, UNKNOWN};
pub use relay::run_relay;
#[cfg(feature = "sabotage")]
pub use sabotage::drop_events;
pub use subscriber::{Batches, HandleError, RetryPolicy, Subscriber, Subscription};
pub use worker::run_subscriber;

use std::time::Duration;

use async_trait::async_trait;
use village_db::{Migration, Tx, migrations};
use village_events::CloudEvent;

pub const MIGRATIONS: &[Migration] = migrations!["20261122000100_bus_outbox_and_queue"];

/// One event on its way to one subscriber.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub subscriber: &'static str,
    pub event: CloudEvent,
    /// How often it has been handed out, this time included.
    pub attempts: i64,
}

/// Carries events to subscribers: at least once, in no order.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Takes over `events`; the outbox forgets them when `tx` commits. An adapter outside the database ignores
    /// `tx`, and may then deliver an event twice. Returns the subscribers that are to be woken once `tx` has committed.
    async fn accept(&self, tx: &mut Tx, events: &[CloudEvent]) -> village_db::Result<Vec<&'static str>>;

    /// Up to `limit` deliveries, each leased for `lease`: handed out again if nothing is heard of it by then.
    async fn receive(&self, subscriber: &'static str, limit: u32, lease: Duration)
    -> village_db::Result<Vec<Delivery>>;

    /// Keeps deliveries of one subscriber for another `lease`: their handler is still at work.
    async fn extend(&self, deliveries: &[Delivery], lease: Duration) -> village_db::Result<()>;

    /// Deliveries of one subscriber were handled; they are not handed out again.
    async fn done(&self, deliveries: &[Delivery]) -> village_db::Result<()>;

    /// Hands the delivery out again after `pause`.
    async fn retry(&self, delivery: &Delivery, pause: Duration, error: &str) -> village_db::Result<()>;

    /// Sets the delivery aside for a person to look at.
    async fn bury(&self, delivery: &Delivery, error: &str) -> village_db::Result<()>;
}
