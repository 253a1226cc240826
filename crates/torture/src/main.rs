//! `village-torture run` and `village-torture judge`; `cargo xtask torture` builds and starts what the first needs.

#![allow(clippy::print_stdout, reason = "a command line program talks to its terminal")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use village_torture::plan::{Engine, Plan};
use village_torture::recorder::judge;
use village_torture::run::run;
use village_torture::sabotage;

#[derive(Parser)]
#[command(about = "Proves that messaging never loses a message, or shows where it did")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Torture a server that it starts itself
    Run(Options),
    /// Judge a history that a run has left
    Judge { file: PathBuf },
}

#[derive(Args)]
struct Options {
    /// The `village` to torture
    #[arg(long)]
    binary: PathBuf,
    /// One node on SQLite instead of three on PostgreSQL
    #[arg(long)]
    sqlite: bool,
    /// How long clients are at work
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Repeats workload and faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Hints between nodes by PostgreSQL
    #[arg(long)]
    without_redis: bool,
    /// Where the history goes
    #[arg(long)]
    history: PathBuf,
    /// How the binary is broken, when it was built to be; engine, workload and faults are those by which that shows
    #[arg(long)]
    sabotage: Option<String>,
    /// As few people as in the tests
    #[arg(long)]
    small: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().verb {
        Verb::Run(options) => {
            let mut plan = options.plan()?;
            (plan.binary, plan.history) = (options.binary, options.history);
            plan.redis &= !options.without_redis;
            plan.talkative = true;
            let report = run(plan).await?;
            println!("{report}");
            let is_proof = report.checker.total() == 0 && report.shortfalls().is_empty();
            Ok(if is_proof { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Verb::Judge { file } => {
            let (checker, violations) = judge(&file)?;
            println!("{}", checker.counts);
            violations.iter().for_each(|violation| println!("{violation}"));
            println!("{} violations", checker.total());
            Ok(if checker.total() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

impl Options {
    fn plan(&self) -> anyhow::Result<Plan> {
        if let Some(name) = &self.sabotage {
            let known = sabotage::ALL.iter().find(|one| one.name == name);
            return Ok(known.with_context(|| format!("docs/reliability.md knows no fault `{name}`"))?.plan());
        }
        let engine = if self.sqlite { Engine::Sqlite } else { Engine::Postgres };
        let plan = if self.small { Plan::short } else { Plan::long };
        Ok(plan(engine, self.seed, Duration::from_secs(self.seconds)))
    }
}
