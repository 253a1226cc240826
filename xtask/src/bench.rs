//! `cargo xtask bench`: the optimised server against what it is measured with, in one run.

use crate::packages::{self, POSTGRESQL};
use crate::postgres::Postgres;
use crate::steps::{cargo, complete, progress, root, village_binary};

#[derive(clap::Args)]
pub struct Options {
    /// Only on SQLite
    #[arg(long)]
    sqlite_only: bool,

    /// Passed on to `village-bench messaging`; see its `--help`
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub fn run(options: &Options) -> anyhow::Result<()> {
    progress("Building with optimisations (the first time takes some minutes)");
    complete(&mut cargo(&["build", "--release", "--package", "village", "--package", "village-bench"]))?;
    let village = village_binary("release")?;
    let mut bench = std::process::Command::new(village.with_file_name("village-bench"));
    bench.current_dir(root()).arg("messaging").arg("--village").arg(&village);
    let mut server = None;
    if !options.sqlite_only {
        packages::require(&[POSTGRESQL])?;
        let postgres = Postgres::start_durable()?;
        bench.args(["--postgres", &postgres.url()]);
        server = Some(postgres);
    }
    let outcome = complete(bench.args(&options.arguments));
    drop(server);
    outcome
}
