//! The assembly: command line, configuration, roles, and the services with their adapters.

pub mod admin;
pub mod api;
pub mod assembly;
pub mod asyncapi;
pub mod cli;
pub mod demo;
pub mod foundation;
pub mod haproxy;
pub mod readiness;
pub mod roles;
pub mod serve;
pub mod settings;
pub mod web;

/// A line for the person at the terminal (the log goes to standard error).
pub fn say(line: &str) {
    use std::io::Write;
    // A closed pipe is no reason to stop.
    let _ = writeln!(std::io::stdout(), "{line}");
}
