//! PostgreSQL's own load generator, for what the database does without us.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use crate::community::Loaded;
use crate::process;
use crate::sample::Sample;

pub struct Pgbench<'a> {
    /// A community on PostgreSQL.
    pub on: &'a Loaded,
    /// A file of `bench/sql`.
    pub script: &'static str,
    pub variables: Vec<(&'static str, u32)>,
    pub clients: usize,
}

impl Pgbench<'_> {
    /// One round; the processor time is that of the database, not of pgbench.
    pub async fn run(&self, seconds: u64) -> anyhow::Result<Sample> {
        let mut command = Command::new("pgbench");
        command.args(["--no-vacuum", "--protocol=prepared", "--jobs=1"]);
        // As the server sets it for its own connections.
        command.env("PGOPTIONS", "-c random_page_cost=1.1");
        command.arg(format!("--client={}", self.clients)).arg(format!("--time={seconds}"));
        command.arg("--file").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("sql").join(self.script));
        for (name, value) in &self.variables {
            command.arg(format!("--define={name}={value}"));
        }
        command.arg(self.on.url.as_deref().context("pgbench needs PostgreSQL")?);
        let postmaster = self.on.postmaster.context("pgbench needs PostgreSQL")?;
        let (before, started) = (process::family_cpu_seconds(postmaster)?, Instant::now());
        let output = tokio::task::spawn_blocking(move || command.output()).await?.context("pgbench is missing")?;
        let wall_seconds = started.elapsed().as_secs_f64();
        let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "pgbench failed: {errors}");
        let value =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).context("pgbench said something else");
        let requests = value("number of transactions actually processed: ")?.split('/').next().context("a count")?;
        Ok(Sample {
            requests: requests.trim().parse()?,
            wall_seconds,
            server_cpu: 0.0,
            database_cpu: process::family_cpu_seconds(postmaster)? - before,
            // It tells their mean, which is not to stand beside percentiles.
            latencies_ms: Vec::new(),
        })
    }
}
