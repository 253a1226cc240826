//! The server under measure, on either engine, and what it and its database use.

use std::path::Path;

use anyhow::Context as _;
use village_testkit::{Launch, VillageProcess};

use crate::community::Loaded;
use crate::options::Options;
use crate::process;

/// What keeps the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres {
        /// `postgres://USER@HOST:PORT`
        url: String,
        /// What carries hints between processes; PostgreSQL itself when there is none.
        redis: Option<String>,
    },
}

impl Engine {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres { .. } => "PostgreSQL",
        }
    }

    pub fn server_url(&self) -> Option<&str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres { url, .. } => Some(url),
        }
    }

    /// The server with the database at `url`, where it is not a file, and with Redis where there is one.
    pub fn on(&self, launch: Launch, url: Option<&str>) -> Launch {
        let launch = url.into_iter().fold(launch, |launch, url| launch.env("VILLAGE_DATABASE_URL", url));
        match self {
            Self::Postgres { redis: Some(redis), .. } => launch.env("VILLAGE_REDIS_URL", redis),
            _ => launch,
        }
    }
}

/// Limits that protect a community from one person are lifted: the load comes from one address.
pub fn without_limits(launch: Launch) -> Launch {
    launch
        .env("VILLAGE_REGISTRATION", "open")
        .env("VILLAGE_LIMITS_READS_PER_MINUTE", 100_000_000)
        .env("VILLAGE_LIMITS_WRITES_PER_MINUTE", 100_000_000)
        .env("VILLAGE_LIMITS_ANONYMOUS_PER_MINUTE", 100_000_000)
        .env("VILLAGE_LIMITS_LOGINS_PER_MINUTE", 100_000_000)
        .env("VILLAGE_MAX_CONNECTIONS_PER_ADDRESS", 1_000_000)
        .env("VILLAGE_MESSAGING_FRAMES_PER_SECOND", 100_000)
        .env("VILLAGE_LOG_FILTER", "warn")
        .env("VILLAGE_DRAIN_SECONDS", 1)
}

/// A server with nobody in it, on SQLite or the empty database at `url`.
pub async fn empty(options: &Options, engine: &Engine, url: Option<&str>) -> anyhow::Result<VillageProcess> {
    // Everybody who takes part signs up, which would take minutes with real hashes.
    let launch = without_limits(Launch::new(&options.village)).env("VILLAGE_PASSWORD_HASH_MEMORY_KIB", 8);
    Ok(engine.on(launch, url).start().await)
}

/// A running server on a community.
pub struct Server {
    pub process: VillageProcess,
    postmaster: Option<u32>,
}

impl Server {
    pub async fn start(village: &Path, community: &Loaded) -> anyhow::Result<Self> {
        Self::start_with(community, without_limits(Launch::new(village))).await
    }

    pub async fn start_with(community: &Loaded, launch: Launch) -> anyhow::Result<Self> {
        Ok(Self { process: community.on(launch).start().await, postmaster: community.postmaster })
    }

    pub fn pid(&self) -> anyhow::Result<u32> {
        self.process.pid().context("the server runs")
    }

    pub fn usage(&self) -> anyhow::Result<Usage> {
        Ok(Usage { server: process::cpu_seconds(self.pid()?)?, database: self.database_cpu()? })
    }

    /// Of PostgreSQL with all its processes, also those that have ended. SQLite works inside the server.
    pub fn database_cpu(&self) -> anyhow::Result<f64> {
        self.postmaster.map_or(Ok(0.0), process::family_cpu_seconds)
    }

    /// The sum of a counter over all its labels but those that `with` does not name.
    pub async fn metric(&self, name: &str, with: &str) -> anyhow::Result<f64> {
        let text = reqwest::get(format!("{}/metrics", self.process.admin_base())).await?.text().await?;
        let lines = text.lines().filter(|line| {
            let rest = line.strip_prefix(name).unwrap_or("#");
            rest.starts_with(['{', ' ']) && rest.contains(with)
        });
        lines.map(|line| Ok(line.rsplit(' ').next().context("a value")?.parse::<f64>()?)).sum()
    }
}

/// Processor seconds used so far.
#[derive(Clone, Copy)]
pub struct Usage {
    pub server: f64,
    pub database: f64,
}
