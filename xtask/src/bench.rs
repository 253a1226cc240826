//! `cargo xtask bench`: the optimised server against what it is measured with, in one run.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use crate::packages::{self, POSTGRESQL, REDIS};
use crate::postgres::Postgres;
use crate::steps::{cargo, complete, progress, root, village_binary};

#[derive(clap::Args)]
pub struct Options {
    /// Only on SQLite
    #[arg(long)]
    sqlite_only: bool,

    /// Only count what requests ask of the database, and fail when it is more than `bench/baseline.json` says. Takes
    /// about a minute, on a build without optimisation, and is the same on every machine
    #[arg(long)]
    quick: bool,

    /// With `--quick`: keep what is found as the new baseline
    #[arg(long, requires = "quick")]
    write: bool,

    /// Folder for the communities that are measured on; they take up to 8 GB and are kept for the next run. The user
    /// `postgres` must be able to enter it when this runs as root
    #[arg(long)]
    data: Option<PathBuf>,

    /// Passed on to `village-bench measure`; see its `--help`
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub fn run(options: &Options) -> anyhow::Result<()> {
    if options.quick {
        return quick(options.write);
    }
    progress("Building with optimisations (the first time takes some minutes)");
    complete(&mut cargo(&["build", "--release", "--package", "village", "--package", "village-bench"]))?;
    let village = village_binary("release")?;
    let target = village.ancestors().nth(2).context("the binary lies in the target folder")?;
    let data = options.data.clone().unwrap_or_else(|| target.join("bench"));
    std::fs::create_dir_all(&data)?;
    let mut bench = Command::new(village.with_file_name("village-bench"));
    bench.current_dir(root()).arg("measure").arg("--village").arg(&village).arg("--data").arg(data.canonicalize()?);
    let mut server = None;
    if !options.sqlite_only {
        packages::require(&[POSTGRESQL, REDIS])?;
        let postgres = Postgres::start_kept(&data.canonicalize()?.join("postgres"))?;
        bench.args(["--postgres", &postgres.url()]);
        server = Some(postgres);
    }
    let outcome = complete(bench.args(&options.arguments));
    drop(server);
    outcome
}

fn quick(write: bool) -> anyhow::Result<()> {
    complete(&mut cargo(&["build", "--package", "village", "--package", "village-bench"]))?;
    packages::require(&[POSTGRESQL])?;
    let postgres = Postgres::start()?;
    let mut guard = guard(&postgres)?;
    if write {
        guard.arg("--write");
    }
    complete(&mut guard)
}

/// Counts statements with the builds that are there. Ends with how many counts passed.
pub fn guard(postgres: &Postgres) -> anyhow::Result<Command> {
    let village = village_binary("debug")?;
    // Anew each time: what an earlier run left there would be counted too.
    let data = village.with_file_name("bench-guard");
    match std::fs::remove_dir_all(&data) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut guard = Command::new(village.with_file_name("village-bench"));
    guard.current_dir(root()).arg("guard").arg("--village").arg(&village).arg("--data").arg(data);
    guard.args(["--postgres", &postgres.url()]);
    Ok(guard)
}
