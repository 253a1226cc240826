//! What an operator may want to change.

use std::time::Duration;

use village_db::Engine;

/// How feeds are built. The defaults follow what was measured (see the feed's ADR).
#[derive(Clone, Debug)]
pub struct Settings {
    /// Audiences with more people are not copied into timelines but merged in when a feed is read.
    pub fan_out_limit: u32,
    /// Timelines written in one transaction.
    pub fan_out_chunk: u32,
    /// Entries a timeline keeps, and recent posts kept for each large audience.
    pub timeline_entries: u32,
    /// Every how many posts (on average) the timelines they reach are cut back to `timeline_entries`.
    pub trim_every: u32,
    /// Newest posts that come into a timeline with a new followee or channel.
    pub backfill_posts: u32,
    /// Memory for the words of recently shown posts.
    pub content_cache_bytes: u64,
    /// How late, at most, a post of a large audience is when the hint about it was lost.
    pub recent_large_ttl: Duration,
}

impl Settings {
    pub fn for_engine(engine: Engine) -> Self {
        let (fan_out_limit, fan_out_chunk) = match engine {
            // One transaction for nearly every post, since each commit waits for the disk. On SQLite it holds the only writer
            // for some 20 ms.
            Engine::Sqlite => (1_000, 1_000),
            Engine::Postgres => (10_000, 10_000),
        };
        Self {
            fan_out_limit,
            fan_out_chunk,
            timeline_entries: 800,
            trim_every: 64,
            backfill_posts: 50,
            content_cache_bytes: 32 * 1024 * 1024,
            recent_large_ttl: Duration::from_secs(10),
        }
    }
}
