//! What to measure, and for how long.

use std::path::PathBuf;

use crate::server::Engine;

#[derive(clap::Args)]
pub struct Options {
    /// The optimised `village` binary
    #[arg(long)]
    pub village: PathBuf,
    /// PostgreSQL to measure on as well: `postgres://USER@HOST:PORT`
    #[arg(long)]
    pub postgres: Option<String>,
    /// The Redis beside PostgreSQL: `redis://HOST:PORT`. Started when left out
    #[arg(long)]
    pub redis: Option<String>,
    /// Folder for communities, which are kept from run to run
    #[arg(long, default_value = "target/bench")]
    pub data: PathBuf,
    /// People in the community
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
    pub people: u32,
    /// Idle connections to hold
    #[arg(long, default_value_t = 10_000)]
    pub connections: usize,
    /// Rounds of each measure; the median counts
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Seconds of each round
    #[arg(long, default_value_t = 5)]
    pub seconds: u64,
    /// Which measures to make; all when left out
    #[arg(long, value_enum, value_delimiter = ',')]
    pub only: Vec<Measure>,
    /// Folder for report.md, report.json and the plots
    #[arg(long, default_value = "bench")]
    pub out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Measure {
    /// 1: home feeds, against the hydrated join in SQL
    Feed,
    /// 2: profiles, against an answer that is always the same
    Profile,
    /// 3 and 6: posts, against a single row, and many callers against one
    Publish,
    /// 4: into how many timelines a second a post is written
    FanOut,
    /// 5: feeds of people who follow many with large audiences
    Merge,
    /// 7: messages between two, and their latency at half load
    Direct,
    /// 8: a room of 500
    Room,
    /// 9: memory of idle connections
    Idle,
    /// 10: signed in, against not signed in
    SignedIn,
    /// 11: feeds while many log in, and while posts are spread
    Pressure,
    /// 12: images
    Pictures,
    /// 13: communities of three sizes
    Growth,
    /// 14: from start to ready, and memory when idle
    Start,
}

impl Measure {
    /// Of the rows that it makes.
    pub fn numbers(self) -> &'static [u8] {
        match self {
            Self::Feed => &[1],
            Self::Profile => &[2],
            Self::Publish => &[3, 6],
            Self::FanOut => &[4],
            Self::Merge => &[5],
            Self::Direct => &[7],
            Self::Room => &[8],
            Self::Idle => &[9],
            Self::SignedIn => &[10],
            Self::Pressure => &[11],
            Self::Pictures => &[12],
            Self::Growth => &[13],
            Self::Start => &[14],
        }
    }
}

impl Options {
    pub fn wants(&self, measure: Measure) -> bool {
        self.only.is_empty() || self.only.contains(&measure)
    }

    pub fn engines(&self) -> Vec<Engine> {
        let postgres = self.postgres.clone().map(|url| Engine::Postgres { url, redis: self.redis.clone() });
        std::iter::once(Engine::Sqlite).chain(postgres).collect()
    }
}
