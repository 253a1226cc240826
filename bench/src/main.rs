//! Measures Village against what it is compared with, both sides in one run, and writes the report.
//!
//! `cargo xtask bench` builds it and the server with optimisation and runs it. All traffic stays on 127.0.0.1.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line program talks to its terminal")]

mod community;
mod guard;
mod measures;
mod options;
mod people;
mod pgbench;
mod process;
mod report;
mod sample;
mod server;
mod statistics;
mod tokens;
mod traffic;
mod wire;

use clap::{Parser, Subcommand};

use crate::measures::pictures::{self, How};
use crate::measures::{profile, relay};
use crate::options::Options;

#[derive(Parser)]
#[command(bin_name = "village-bench", about = "Measure Village")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// All measures, or those that `--only` names
    Measure(Options),
    /// Writes report.md and the table of the README anew from report.json; measures nothing
    Report {
        /// Folder of the report
        #[arg(long, default_value = "bench")]
        out: std::path::PathBuf,
    },
    /// Counts what requests ask of the database, and compares with the baseline
    Guard(guard::Guard),
    /// The other side of the room's measure: hands every text it gets to everybody connected, and keeps nothing
    Relay {
        /// Where to listen
        #[arg(long)]
        listen: std::net::SocketAddr,
    },
    /// The other side of the profile's measure: always gives the same answer
    Static {
        /// Where to listen
        #[arg(long)]
        listen: std::net::SocketAddr,
        /// Size of the answer's body
        #[arg(long)]
        bytes: usize,
    },
    /// Draws one picture again and again, and prints what that took
    Picture {
        /// A JPEG
        file: std::path::PathBuf,
        /// How much of the work to do
        #[arg(long, value_enum)]
        how: How,
        /// How long
        #[arg(long)]
        seconds: u64,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Measure(options) => measures::run(options).await,
        Command::Report { out } => report::Report::rewrite(&out),
        Command::Guard(options) => guard::run(&options).await,
        Command::Relay { listen } => relay::serve(listen).await,
        Command::Picture { file, how, seconds } => pictures::draw(&file, how, seconds),
        Command::Static { listen, bytes } => profile::serve(listen, bytes).await,
    }
}
