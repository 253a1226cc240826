//! `cargo xtask run`.

use std::env;
use std::os::unix::process::CommandExt as _;

use anyhow::Context as _;

use crate::steps::{cargo, command, complete, progress, root, village_binary};
use crate::web;

#[derive(clap::Args)]
pub struct Options {
    /// Fill a new community with people, channels, pictures and conversations
    #[arg(long)]
    demo: bool,

    /// Build with optimisations: slower to build, faster to run
    #[arg(long)]
    release: bool,

    /// Leave the client as it was last built
    #[arg(long)]
    skip_web: bool,

    /// Passed on to `village serve`; see `village serve --help`
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub fn run(options: &Options) -> anyhow::Result<()> {
    if options.skip_web {
        progress("The client is left as it is");
    } else {
        web::check_tools()?;
        web::install_if_needed()?;
        web::build_if_needed()?;
    }

    progress("Building the server (the first time takes some minutes)");
    let mut build = cargo(&["build", "--package", "village"]);
    if options.release {
        build.arg("--release");
    }
    complete(&mut build)?;

    let binary = village_binary(if options.release { "release" } else { "debug" })?;
    let mut serve = command(&binary, &["serve"]);
    if options.demo {
        serve.arg("--demo");
    }
    serve.args(&options.arguments);
    if env::var_os("VILLAGE_DATA_DIR").is_none() {
        serve.env("VILLAGE_DATA_DIR", root().join("village-data"));
    }
    progress("Starting the server; Ctrl-C stops it");
    // The server takes our place, so that signals reach it and its exit code is ours.
    Err(serve.exec()).with_context(|| format!("{} could not be started", binary.display()))
}
