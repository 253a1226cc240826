//! Measures Village against what it is compared with, both sides in one run, and writes the report.
//!
//! `cargo xtask bench` builds it and the server with optimisation and runs it. All traffic stays on 127.0.0.1.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line program talks to its terminal")]

mod direct;
mod idle;
mod people;
mod process;
mod relay;
mod report;
mod room;
mod statistics;
mod wire;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(bin_name = "village-bench", about = "Measure Village")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The live connection: memory when idle, messages between two, a room, latency at half load
    Messaging(Messaging),
    /// The other side of the room's measure: hands every text it gets to everybody connected, and keeps nothing
    Relay {
        /// Where to listen
        #[arg(long)]
        listen: std::net::SocketAddr,
    },
}

#[derive(clap::Args)]
struct Messaging {
    /// The optimised `village` binary
    #[arg(long)]
    village: PathBuf,
    /// PostgreSQL to measure on as well: `postgres://USER@HOST:PORT`
    #[arg(long)]
    postgres: Option<String>,
    /// Idle connections to hold
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
    /// Rounds of each measure; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each round
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Which measures to make
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Measure::Direct, Measure::Room, Measure::Idle])]
    only: Vec<Measure>,
    /// Folder for report.md and report.json
    #[arg(long, default_value = "bench")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Measure {
    /// Messages between two, and their latency at half load
    Direct,
    /// A room of 500
    Room,
    /// Memory of idle connections
    Idle,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Relay { listen } => relay::serve(listen).await,
        Command::Messaging(options) => {
            let mut report = report::Report::new("cargo xtask bench")?;
            let engines = ["SQLite"].into_iter().chain(options.postgres.is_some().then_some("PostgreSQL"));
            for engine in engines {
                let url = options.postgres.as_deref().filter(|_| engine == "PostgreSQL");
                if options.only.contains(&Measure::Direct) {
                    direct::measure(&options, engine, url, &mut report).await?;
                }
                if options.only.contains(&Measure::Room) {
                    room::measure(&options, engine, url, &mut report).await?;
                }
            }
            if options.only.contains(&Measure::Idle) {
                idle::measure(&options, &mut report).await?;
            }
            report.write(&options.out)
        }
    }
}
