//! What a run is made of. Everything that is random in it is drawn from `seed`.

use std::path::PathBuf;
use std::time::Duration;

use rand::rngs::ChaCha12Rng;
use rand::{RngExt as _, SeedableRng as _};

use crate::faults::Storm;
use crate::workload::Habits;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// One node on a file.
    Sqlite,
    /// Several nodes on PostgreSQL.
    Postgres,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub engine: Engine,
    pub nodes: usize,
    pub length: Duration,
    pub crowd: Crowd,
    pub habits: Habits,
    pub storm: Storm,
    pub heartbeat_seconds: u64,
    /// `village`, or the one that was built to be broken.
    pub binary: PathBuf,
    /// How that one is broken.
    pub sabotage: Option<String>,
    /// Without it several nodes use PostgreSQL for their hints.
    pub redis: bool,
    pub history: PathBuf,
    /// End at the first violation.
    pub stop_early: bool,
    /// Print how it goes.
    pub talkative: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// People in conversations with each other.
    pub people: usize,
    /// Connected like everybody, and in no conversation.
    pub outsiders: usize,
    pub devices: usize,
    pub directs: usize,
    pub groups: usize,
}

impl Plan {
    /// `cargo xtask torture`.
    pub fn long(engine: Engine, seed: u64, length: Duration) -> Self {
        let crowd = Crowd { people: 24, outsiders: 3, devices: 2, directs: 48, groups: 10 };
        let habits = Habits::default();
        Self { crowd, habits, storm: Storm::long(engine), heartbeat_seconds: 5, ..Self::short(engine, seed, length) }
    }

    /// Part of the tests.
    pub fn short(engine: Engine, seed: u64, length: Duration) -> Self {
        Self {
            seed,
            engine,
            nodes: if engine == Engine::Sqlite { 1 } else { 3 },
            length,
            crowd: Crowd { people: 10, outsiders: 2, devices: 2, directs: 12, groups: 4 },
            habits: Habits::default().pause(50, 500),
            storm: Storm::short(engine),
            heartbeat_seconds: 2,
            binary: PathBuf::new(),
            sabotage: None,
            redis: engine == Engine::Postgres,
            history: PathBuf::new(),
            stop_early: false,
            talkative: false,
        }
    }

    /// A stream of its own for each part, so that one part's draws do not change another's.
    pub fn random(&self, stream: u64) -> ChaCha12Rng {
        let mut random = ChaCha12Rng::seed_from_u64(self.seed);
        random.set_stream(stream);
        random
    }

    /// By how much each node's clock is wrong: behind, ahead, about right, and so on.
    pub fn clock_offsets_ms(&self) -> Vec<i64> {
        let mut random = self.random(streams::CLOCKS);
        let offset = |node: usize| match node % 3 {
            0 => -random.random_range(30_000..=60_000),
            1 => random.random_range(30_000..=60_000),
            _ => random.random_range(-20_000..=20_000),
        };
        (0..self.nodes).map(offset).collect()
    }
}

/// Numbers of random streams; clients begin at `CLIENTS`.
pub mod streams {
    pub const CLOCKS: u64 = 1;
    pub const FAULTS: u64 = 2;
    pub const WORLD: u64 = 3;
    pub const CLIENTS: u64 = 1_000;
}
