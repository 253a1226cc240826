//! `cargo xtask <verb>`: what people do with this repository, as one command each.
//!
//! No logic of Village lives here; these are the steps that a person would otherwise type.

#![allow(clippy::print_stdout, reason = "a command line program talks to its terminal")]

mod bench;
mod openapi;
mod packages;
mod postgres;
mod report;
mod run;
mod schema;
mod steps;
mod test;
mod torture;
mod web;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    bin_name = "cargo xtask",
    about = "Run, test and maintain Village",
    after_help = "First time here?\n  cargo xtask run --demo    builds everything and starts a community to look at\n  \
                  cargo xtask test          runs every test; it installs and starts what they need\n\n\
                  `cargo xtask help <verb>` tells more about each."
)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Build the client and the server, and start it
    ///
    /// Needs Rust and Node 20.19 or newer, nothing else. The data lies in ./village-data, or in the folder that
    /// VILLAGE_DATA_DIR names; delete the folder to start anew. The server prints its address and, at its first
    /// start, the invitation that makes you the owner. Ctrl-C stops it.
    Run(run::Options),

    /// Run every check and every test
    ///
    /// In this order, stopping at the first that fails: formatting; the client's lint, unit tests and build; the
    /// server's build; openapi.json is up to date; clippy; all Rust tests, on SQLite and on PostgreSQL; the server
    /// against openapi.json, with generated requests; the story in a real browser. What is missing is installed (Debian
    /// packages, when run as root or with sudo); PostgreSQL runs on a free port of 127.0.0.1 with its data in a
    /// temporary folder, and is stopped at the end. The last line counts.
    Test(test::Options),

    /// Try the server against openapi.json with generated requests, right and wrong
    ///
    /// schemathesis (installed into target/schema from PyPI) asks a server on SQLite and one on PostgreSQL, as the
    /// owner, as a member and as nobody; every answer must be one that openapi.json allows. A failure shows the
    /// operation, the answer and the request as a curl line. xtask/schema/schemathesis.toml says what is checked.
    Schema(schema::Options),

    /// Show that messaging never loses a message, however nodes and connections fail
    ///
    /// Many clients on three nodes (PostgreSQL and Redis, started by this) send, edit, read and reconnect at random
    /// while nodes are killed, connections cut and clocks wrong; then everything anybody saw must agree with the
    /// database. Prints how much happened and ends with `N violations`. The history stays in target/torture.
    /// See docs/reliability.md.
    Torture(torture::Options),

    /// Build the server that can be broken on purpose, for the tests that need it
    ///
    /// `cargo xtask test` does it too. Needed once before `cargo nextest run -p village --test torture`.
    Sabotaged,

    /// Write openapi.json and asyncapi.json from the code, and the client's types from it
    ///
    /// Run it after a change to any endpoint or frame and commit the result; `cargo xtask test` fails when it is stale.
    Openapi,

    /// Measure speed and memory, and write bench/report.md
    ///
    /// Builds with optimisations, starts the server on SQLite and on PostgreSQL (with synchronous commits), and measures
    /// it against what the report compares it with, in one run of some minutes. The figures are worth something only
    /// when nothing else runs.
    Bench(bench::Options),

    /// Start PostgreSQL for running single tests by hand, until Ctrl-C
    ///
    /// Prints the line to paste into another terminal; there, for example:
    ///   cargo nextest run -p village-posts
    #[command(verbatim_doc_comment)]
    Services,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().verb {
        Verb::Run(options) => run::run(&options),
        Verb::Test(options) => test::test(&options),
        Verb::Schema(options) => schema::run(&options),
        Verb::Torture(options) => torture::torture(&options),
        Verb::Sabotaged => torture::sabotaged().map(drop),
        Verb::Bench(options) => bench::run(&options),
        Verb::Openapi => openapi::write(),
        Verb::Services => {
            packages::require(&[packages::POSTGRESQL])?;
            let postgres = postgres::Postgres::start()?;
            println!("export {}={}", postgres::URL_VARIABLE, postgres.url());
            steps::progress("PostgreSQL runs until you press Ctrl-C; its data goes with it.");
            postgres.wait()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Arguments::command().debug_assert();
    }
}
