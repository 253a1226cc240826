//! `cargo xtask test`: everything that must hold before a change is merged, in the order of what fails fastest.

use anyhow::Context as _;

use crate::packages::{self, CHROMIUM, HAPROXY, POSTGRESQL, PYTHON, REDIS};
use crate::postgres::{self, Postgres};
use crate::report::Report;
use crate::steps::{cargo, complete, village_binary};
use crate::{bench, openapi, schema, torture, web};

#[derive(clap::Args)]
pub struct Options {
    /// Leave out clippy, the faults and the browser, for a look in between; the whole run is what counts
    #[arg(long)]
    quick: bool,
}

pub fn test(options: &Options) -> anyhow::Result<()> {
    let mut report = Report::default();
    let outcome = steps(options, &mut report);
    if let Err(error) = &outcome {
        eprintln!("\n{error:#}");
    }
    report.print(std::io::stdout().lock())?;
    // What failed has been said; the counts stay the last line.
    std::process::exit(i32::from(outcome.is_err()));
}

/// PostgreSQL ends with this function, whether the steps passed or not.
fn steps(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    report.step("What the tests need", || {
        web::check_tools()?;
        let always = [POSTGRESQL, HAPROXY, REDIS, PYTHON];
        packages::require(&always)?;
        if !options.quick {
            packages::require(&[CHROMIUM])?;
        }
        packages::require_nextest()?;
        schema::install()
    })?;
    report.step("Formatting", || complete(&mut cargo(&["fmt", "--all", "--check"])))?;

    report.step("Client: packages", web::install_if_needed)?;
    report.step("Client: lint", || complete(&mut web::npm(&["run", "lint"])))?;
    report.tests("Client: unit tests", &mut web::npm(&["run", "test"]))?;
    report.step("Client: build", || complete(&mut web::npm(&["run", "build"])))?;

    report.step("Server: build to be broken", || torture::sabotaged().map(drop))?;
    report.step("Server: build", || complete(&mut cargo(&["build", "--package", "village"])))?;
    report.step("Generated files", openapi::check)?;
    if !options.quick {
        let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        report.step("Clippy", || complete(&mut cargo(&arguments)))?;
    }

    let mut server = None;
    report.step("PostgreSQL", || {
        server = Some(Postgres::start()?);
        Ok(())
    })?;
    let server = server.context("PostgreSQL runs")?;
    let arguments = ["nextest", "run", "--workspace", "--no-fail-fast"];
    report.tests("Rust tests", cargo(&arguments).env(postgres::URL_VARIABLE, server.url()))?;

    report.tests("The server against openapi.json", &mut schema::check(&server, 1)?)?;

    report.step("Bench: build", || complete(&mut cargo(&["build", "--package", "village-bench"])))?;
    report.tests("What requests ask of the database", &mut bench::guard(&server)?)?;

    if !options.quick {
        let mut faults = web::npm(&["run", "test:faults"]);
        report.tests("The live client under faults", faults.env("VILLAGE_BINARY", village_binary("debug")?))?;

        let mut story = web::npm(&["run", "e2e"]);
        story.env("VILLAGE_BIN", village_binary("debug")?).env(postgres::URL_VARIABLE, server.url());
        story.env("VILLAGE_TEST_CHROMIUM", CHROMIUM.path().context("chromium was found before")?);
        report.tests("The story in the browser", &mut story)?;
    }
    Ok(())
}
