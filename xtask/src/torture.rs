//! `cargo xtask torture`, and the build that is broken on purpose to show that the torture finds it.

use std::fs;
use std::path::PathBuf;
use std::process::exit;

use anyhow::Context as _;

use crate::packages::{self, POSTGRESQL, REDIS};
use crate::postgres::{self, Postgres};
use crate::steps::{cargo, command, complete, progress, village_binary};

#[derive(clap::Args)]
pub struct Options {
    /// How long clients are at work
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_440))]
    minutes: u32,

    /// Repeats the workload and the faults of an earlier run
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// One node on SQLite instead of three on PostgreSQL and Redis
    #[arg(long)]
    sqlite: bool,

    /// Torture the optimised server, which leaves the machine more room than the one with all its assertions
    #[arg(long, conflicts_with = "sabotage")]
    release: bool,

    /// Torture the build that is broken in this way; docs/reliability.md lists them
    #[arg(long, value_name = "NAME")]
    sabotage: Option<String>,
}

pub fn torture(options: &Options) -> anyhow::Result<()> {
    if !options.sqlite {
        packages::require(&[POSTGRESQL, REDIS])?;
    }
    let binary = match options.sabotage {
        Some(_) => sabotaged()?,
        None => village_binary(if options.release { "release" } else { "debug" })?,
    };
    progress("Building the server and what tortures it");
    let profile: &[&str] = if options.release { &["--release"] } else { &[] };
    complete(cargo(&["build", "--package", "village"]).args(profile))?;
    // Clients and checker as cheap as can be, since they run on the same machine.
    complete(&mut cargo(&["build", "--release", "--package", "village-torture"]))?;
    let folder = target()?.join("torture");
    fs::create_dir_all(&folder)?;
    let engine = if options.sqlite { "sqlite" } else { "postgres" };
    let history = folder.join(format!("{engine}-{}.jsonl", options.seed));

    let mut run = command(village_binary("release")?.with_file_name("village-torture"), &["run"]);
    run.arg("--binary").arg(binary).arg("--history").arg(&history);
    run.args(["--seconds", &(options.minutes * 60).to_string(), "--seed", &options.seed.to_string()]);
    if let Some(name) = &options.sabotage {
        run.args(["--sabotage", name]);
    }
    let server = if options.sqlite { None } else { Some(Postgres::start()?) };
    match &server {
        Some(server) => run.env(postgres::URL_VARIABLE, server.url()),
        None => run.arg("--sqlite"),
    };
    let status = run.status().context("village-torture could not be started")?;
    drop(server);
    exit(status.code().unwrap_or(1))
}

/// Builds a server that can be broken, and puts it where it is not taken for the real one.
pub fn sabotaged() -> anyhow::Result<PathBuf> {
    progress("Building the server that can be broken on purpose");
    complete(&mut cargo(&["build", "--package", "village", "--features", "sabotage"]))?;
    let folder = target()?.join("sabotaged");
    fs::create_dir_all(&folder)?;
    let broken = folder.join("village");
    let built = village_binary("debug")?;
    fs::copy(&built, &broken).with_context(|| format!("{} cannot be copied", built.display()))?;
    // Nobody shall start it by accident.
    fs::remove_file(built)?;
    Ok(broken)
}

fn target() -> anyhow::Result<PathBuf> {
    let binary = village_binary("debug")?;
    let target = binary.ancestors().nth(2).context("binaries lie in a folder of the target directory")?;
    Ok(target.to_owned())
}
