//! Who is sending what right now: one transfer for each address, a few for each person, and none that only pretends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::BlobKey;

/// What uploads to the disk may take up. They hold for one process.
#[derive(Clone, Copy, Debug)]
pub struct UploadLimits {
    /// Uploads at the same time; further ones are told to come back.
    pub at_once: usize,
    /// Uploads of one person among these.
    pub per_person: usize,
    /// How long an upload may take as a whole, however slowly it comes.
    pub time_limit: Duration,
    /// An upload from which nothing has come for so long is given up.
    pub idle: Duration,
    /// What an upload has to bring on average, and how long it has before that counts.
    pub min_bytes_per_second: u64,
    pub grace: Duration,
    /// An upload from which nothing has come for so long makes way for another one to the same address: a phone that
    /// lost its connection tries again long before the server notices.
    pub stalled: Duration,
}

impl Default for UploadLimits {
    fn default() -> Self {
        Self {
            at_once: 128,
            per_person: 8,
            time_limit: super::UPLOAD_TIMEOUT,
            idle: Duration::from_secs(30),
            min_bytes_per_second: 1024,
            grace: Duration::from_secs(10),
            stalled: Duration::from_secs(5),
        }
    }
}

impl UploadLimits {
    /// When an upload is given up that began at `started`, and from which `received` bytes have come by `now`.
    pub(super) fn deadline(&self, started: Instant, received: u64, now: Instant) -> Instant {
        let earned = Duration::from_millis(received.saturating_mul(1000) / self.min_bytes_per_second.max(1));
        (started + self.time_limit).min(now + self.idle).min(started + self.grace + earned)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Something is coming to this address already.
    InProgress,
    TooManyOfThisPerson,
    TooMany,
}

pub(super) struct Transfers {
    pub limits: UploadLimits,
    running: Mutex<HashMap<BlobKey, Arc<Running>>>,
}

struct Running {
    heard_at: Mutex<Instant>,
    replaced: CancellationToken,
}

/// A transfer that runs until this is dropped.
pub(super) struct Transfer {
    transfers: Arc<Transfers>,
    key: BlobKey,
    running: Arc<Running>,
}

impl Transfers {
    pub fn new(limits: UploadLimits) -> Arc<Self> {
        Arc::new(Self { limits, running: Mutex::default() })
    }

    pub fn begin(self: &Arc<Self>, key: &BlobKey) -> Result<Transfer, Refusal> {
        let now = Instant::now();
        let mut all = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.get(key);
        if before.is_some_and(|running| now - running.heard_at() < self.limits.stalled) {
            return Err(Refusal::InProgress);
        }
        let others = || all.keys().filter(|other| *other != key);
        if others().filter(|other| other.uploader() == key.uploader()).count() >= self.limits.per_person {
            return Err(Refusal::TooManyOfThisPerson);
        }
        if others().count() >= self.limits.at_once {
            return Err(Refusal::TooMany);
        }
        if let Some(stalled) = before {
            stalled.replaced.cancel();
        }
        let running = Arc::new(Running { heard_at: Mutex::new(now), replaced: CancellationToken::new() });
        all.insert(key.clone(), running.clone());
        Ok(Transfer { transfers: self.clone(), key: key.clone(), running })
    }
}

impl Running {
    fn heard_at(&self) -> Instant {
        *self.heard_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transfer {
    /// Something has come.
    pub fn heard(&self, now: Instant) {
        *self.running.heard_at.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Resolves when another transfer has taken the place of this one.
    pub async fn replaced(&self) {
        self.running.replaced.cancelled().await;
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        let mut all = self.transfers.running.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(&self.key).is_some_and(|running| Arc::ptr_eq(running, &self.running)) {
            all.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: UploadLimits = UploadLimits {
        at_once: 128,
        per_person: 8,
        time_limit: Duration::from_secs(900),
        idle: Duration::from_secs(30),
        min_bytes_per_second: 1024,
        grace: Duration::from_secs(10),
        stalled: Duration::from_secs(5),
    };

    #[test]
    fn a_byte_now_and_then_is_too_slow_and_a_kibibyte_a_second_is_not() {
        let started = Instant::now();
        let after = |seconds: u64| started + Duration::from_secs(seconds);
        // A byte every five seconds.
        assert!((0..10).all(|second| LIMITS.deadline(started, second / 5, after(second)) > after(second)));
        assert!(LIMITS.deadline(started, 2, after(11)) < after(11));
        assert!((0..900).all(|second| LIMITS.deadline(started, second * 1024, after(second)) > after(second)));
        // However fast, not for ever, and not with long silences.
        assert_eq!(LIMITS.deadline(started, u64::MAX, after(899)), after(900));
        assert_eq!(LIMITS.deadline(started, u64::MAX, after(3)), after(33));
    }
}
