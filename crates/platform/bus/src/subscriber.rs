//! Who hears of events.

use std::time::Duration;

use async_trait::async_trait;
use rand::RngExt;
use village_events::{CloudEvent, WrongEvent};

/// A subscriber's name and what it hears. Every process knows all of them, whichever it runs, so that the
/// relay queues an event for subscribers that run elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Subscription {
    /// `<service>.<what_it_does>`; part of the key of queued rows, so it never changes.
    pub subscriber: &'static str,
    pub event_types: &'static [&'static str],
}

/// Handles events. Idempotent: the same event may come twice, and events may come in any order.
#[async_trait]
pub trait Subscriber: Send + Sync + 'static {
    fn subscription(&self) -> Subscription;

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError>;

    /// Handles several at once, for those that have [`Self::batches`]. An error, a panic or a time-out is that of each
    /// of them: they come again one by one, so that what is wrong with one holds up no other.
    async fn handle_all(&self, events: &[CloudEvent]) -> Result<(), HandleError> {
        for event in events {
            self.handle(event).await?;
        }
        Ok(())
    }

    fn batches(&self) -> Batches {
        Batches::NONE
    }

    fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy::default()
    }

    /// Events, or batches of them, handled at the same time.
    fn concurrency(&self) -> usize {
        4
    }
}

/// How a subscriber wants its events.
#[derive(Clone, Copy, Debug)]
pub struct Batches {
    /// Events in one batch at most.
    pub size: u32,
    /// How long to wait for more once there is one.
    pub gather: Duration,
}

impl Batches {
    /// One by one, and at once.
    pub const NONE: Self = Self { size: 1, gather: Duration::ZERO };
}

#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// Try again later.
    #[error("{0}")]
    Retry(String),
    /// Trying again cannot help.
    #[error("{0}")]
    Permanent(String),
}

impl From<village_db::Error> for HandleError {
    fn from(error: village_db::Error) -> Self {
        Self::Retry(error.to_string())
    }
}

impl From<WrongEvent> for HandleError {
    fn from(error: WrongEvent) -> Self {
        Self::Permanent(error.to_string())
    }
}

/// When to hand out again what failed: `first_pause`, doubled each time up to `longest_pause`, with full jitter.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    pub attempts: i64,
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// How long one attempt may take; then it is given up and counts as failed.
    pub time_limit: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 12,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(600),
            time_limit: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// The pause after the `attempts`-th attempt: between half and all of the doubled pause.
    pub fn pause_after(&self, attempts: i64) -> Duration {
        let doubled = self.first_pause.saturating_mul(1 << attempts.clamp(1, 20).saturating_sub(1));
        let ceiling = doubled.min(self.longest_pause);
        ceiling.mul_f64(rand::rng().random_range(0.5..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_below_the_longest() {
        let policy = RetryPolicy::default();
        for attempts in 1..60 {
            let pause = policy.pause_after(attempts);
            assert!(pause <= policy.longest_pause && pause >= policy.first_pause / 2);
        }
        assert!(policy.pause_after(11) >= policy.longest_pause / 2);
    }
}
