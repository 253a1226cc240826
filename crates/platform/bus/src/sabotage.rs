//! A fault that can be built in on purpose, to show that the torture test finds it. Without the feature `sabotage`,
//! which no release has, none of this is in the program.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use village_events::CloudEvent;

static DROPS: AtomicBool = AtomicBool::new(false);
static RELAYED: AtomicU64 = AtomicU64::new(0);

/// From now on every fifth event is taken out of the outbox and put into no queue.
pub fn drop_events() {
    DROPS.store(true, Ordering::Relaxed);
}

pub(crate) fn kept(mut events: Vec<CloudEvent>) -> Vec<CloudEvent> {
    if DROPS.load(Ordering::Relaxed) {
        events.retain(|_| RELAYED.fetch_add(1, Ordering::Relaxed) % 5 != 4);
    }
    events
}
