//! The real binary as processes: killed, stopped, cut off from what they need, and split into roles
//! behind a load balancer.

mod clock;
mod guards;
mod kill;
mod lifecycle;
mod outages;
#[path = "../scenario/story.rs"]
mod shared;
mod split;

use village_testkit::{Fresh, Launch};

/// The binary on a fresh database. Cheap passwords and no rate limits: those have tests of their own.
fn launch(fresh: &Fresh) -> Launch {
    Launch::new(env!("CARGO_BIN_EXE_village"))
        .env("VILLAGE_DATABASE_URL", &fresh.url)
        .env("VILLAGE_PASSWORD_HASH_MEMORY_KIB", 8)
        .env("VILLAGE_LIMITS_READS_PER_MINUTE", 1_000_000)
        .env("VILLAGE_LIMITS_WRITES_PER_MINUTE", 1_000_000)
        .env("VILLAGE_LIMITS_ANONYMOUS_PER_MINUTE", 1_000_000)
        .env("VILLAGE_LIMITS_LOGINS_PER_MINUTE", 1_000_000)
        .env("VILLAGE_DRAIN_SECONDS", 3)
}
