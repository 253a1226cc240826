//! A clock that can be set back, for making a past.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use village_kernel::{Clock, Instant};

const HOUR_MICROS: i64 = 3_600_000_000;

/// The server's clock, behind by an amount that only shrinks. Clones share it.
#[derive(Clone)]
pub struct DemoClock {
    clock: Arc<dyn Clock>,
    behind_micros: Arc<AtomicI64>,
}

impl DemoClock {
    /// A clock that starts far enough back for the whole demo.
    pub fn in_the_past(clock: Arc<dyn Clock>) -> Self {
        Self { clock, behind_micros: Arc::new(AtomicI64::new(80 * HOUR_MICROS)) }
    }

    /// Goes on to `hours` before the present; never back, so that what is made later is later.
    pub fn hours_ago(&self, hours: i64) {
        self.behind_micros.fetch_min(hours * HOUR_MICROS, Ordering::SeqCst);
    }

    pub fn advance_minutes(&self, minutes: i64) {
        let advance = minutes * HOUR_MICROS / 60;
        let _ = self
            .behind_micros
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |behind| Some((behind - advance).max(0)));
    }

    pub fn to_the_present(&self) {
        self.behind_micros.store(0, Ordering::SeqCst);
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.clock.now().as_micros() - self.behind_micros.load(Ordering::SeqCst))
    }
}
