//! Entry point: a match over the commands.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use village::cli::{Cli, Command};
use village::settings::{Reader, Settings};
use village::{admin, assembly, asyncapi, haproxy, say, serve};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("village: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(cli: Cli) -> anyhow::Result<()> {
    let file = match &cli.config {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            Some((path.display().to_string(), text))
        }
        None => None,
    };
    let mut reader = Reader::new(file, std::env::vars())?;
    let settings = Settings::read(&mut reader)?;
    reader.finish()?;

    match cli.command {
        Command::Serve { services, demo } => serve::serve(settings, services, demo).await,
        Command::Migrate { dry_run } => admin::migrate(&settings, dry_run).await,
        Command::Config => {
            admin::print_settings(reader.entries());
            Ok(())
        }
        Command::Admin { command } => admin::run(&settings, command).await,
        Command::Events { command } => admin::events(&settings, command).await,
        Command::Openapi => {
            say(&serde_json::to_string_pretty(&assembly::openapi().await?)?);
            Ok(())
        }
        Command::Asyncapi => {
            say(&serde_json::to_string_pretty(&asyncapi::document()?)?);
            Ok(())
        }
        Command::Haproxy { bind, servers } => {
            say(haproxy::config(&bind, &haproxy::parse_servers(&servers)?).trim_end());
            Ok(())
        }
    }
}
