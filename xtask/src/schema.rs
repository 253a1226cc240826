//! `cargo xtask schema`: schemathesis asks a running server for everything that openapi.json describes, and more than
//! that, and every answer must be one that openapi.json allows.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use crate::packages::{self, PYTHON};
use crate::postgres::{Postgres, program};
use crate::report::Report;
use crate::steps::{cargo, complete, progress, root, village_binary};

#[derive(clap::Args)]
pub struct Options {
    /// New cases for so many minutes, instead of the bounded and repeatable run of `cargo xtask test`
    #[arg(long)]
    minutes: Option<u32>,

    /// Passed on; `-- --help` lists them: one identity, one operation, more cases
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// The verb of its own: builds the server and starts PostgreSQL.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let mut report = Report::default();
    let outcome = steps(options, &mut report);
    if let Err(error) = &outcome {
        eprintln!("\n{error:#}");
    }
    report.print(std::io::stdout().lock())?;
    std::process::exit(i32::from(outcome.is_err()));
}

fn steps(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    report.step("What schemathesis needs", || {
        packages::require(&[packages::POSTGRESQL, PYTHON])?;
        install()
    })?;
    report.step("Server: build", || complete(&mut cargo(&["build", "--package", "village"])))?;
    let server = Postgres::start()?;
    // One database for each server that a long run starts; see ROUND_MINUTES in check.py.
    let mut command = check(&server, options.minutes.map_or(1, |minutes| minutes.div_ceil(5)))?;
    if let Some(minutes) = options.minutes {
        command.arg("--minutes").arg(minutes.to_string());
    }
    report.tests("The server against openapi.json", command.args(&options.arguments))
}

/// What runs it; its last line counts. The member's servers keep their data in new databases of `postgres`.
pub fn check(postgres: &Postgres, databases: u32) -> anyhow::Result<Command> {
    let mut command = Command::new(environment().join("bin/python"));
    // No .pyc files in the source tree.
    command.arg("-B").arg(sources().join("check.py")).current_dir(root());
    command.arg("--village").arg(village_binary("debug")?);
    let url = postgres.url();
    for number in 1..=databases {
        let database = format!("village_schema_{number}");
        let mut create = Command::new(program("createdb").context("the program `createdb` is missing")?);
        complete(create.arg("--maintenance-db").arg(format!("{url}/postgres")).arg(&database))?;
        command.arg("--postgres").arg(format!("{url}/{database}"));
    }
    Ok(command)
}

/// Puts schemathesis into a virtual environment of its own, in the versions that requirements.txt pins.
pub fn install() -> anyhow::Result<()> {
    let wanted = sources().join("requirements.txt");
    let installed = environment().join("installed.txt");
    if fs::read(&installed).is_ok_and(|before| fs::read(&wanted).is_ok_and(|now| before == now)) {
        return Ok(());
    }
    progress("Installing schemathesis");
    let python = PYTHON.path().context("python3 was found before")?;
    complete(Command::new(python).args(["-m", "venv", "--clear"]).arg(environment()))?;
    let mut pip = Command::new(environment().join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&wanted);
    complete(&mut pip)?;
    // Last, so that what was cut off is done again.
    fs::copy(&wanted, &installed)?;
    Ok(())
}

fn sources() -> PathBuf {
    root().join("xtask/schema")
}

fn environment() -> PathBuf {
    root().join("target/schema")
}
