//! A clock that stands still until the test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use village_kernel::{Clock, Instant};

/// Clones share the time.
#[derive(Clone, Debug)]
pub struct FakeClock(Arc<AtomicI64>);

impl Default for FakeClock {
    /// 2026-11-22 03:00 UTC.
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(1_795_316_400_000_000)))
    }
}

impl FakeClock {
    pub fn advance(&self, duration: Duration) {
        self.0.fetch_add(duration.as_micros() as i64, Ordering::SeqCst);
    }

    pub fn shared(&self) -> Arc<dyn Clock> {
        Arc::new(self.clone())
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::SeqCst))
    }
}
