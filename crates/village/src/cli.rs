//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::roles::Role;

/// A private-first social network that a community owns.
///
/// `village serve` runs all of it in one process, with nothing else installed. Everything is kept in one folder
/// (./village-data unless VILLAGE_DATA_DIR says otherwise).
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    /// Settings file (TOML); `village config` shows what can be set
    #[arg(long, global = true, env = "VILLAGE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server
    ///
    /// Prints its address and, while nobody has an account yet, the invitation that makes the owner.
    ///
    ///   village serve                                everything in one process
    ///   village serve --service posts --service web  two roles of several processes over one PostgreSQL
    #[command(verbatim_doc_comment)]
    Serve {
        /// Role to run; repeat it for several. All of them when left out
        #[arg(long = "service", value_name = "NAME")]
        services: Vec<Role>,
        /// Fill an empty server with a lively community to look around in
        #[arg(long)]
        demo: bool,
    },
    /// Bring the database up to date and stop
    Migrate {
        /// Only list what would be applied
        #[arg(long)]
        dry_run: bool,
    },
    /// Show every setting: its name, value, default, and what it does
    Config,
    /// Things only the operator of the server may do
    Admin {
        #[command(subcommand)]
        command: Admin,
    },
    /// Look after events that a subscriber gave up on
    Events {
        #[command(subcommand)]
        command: Events,
    },
    /// Print the OpenAPI 3.1 document of the whole API
    Openapi,
    /// Print the AsyncAPI 3.0 document of the live connection
    Asyncapi,
    /// Print a haproxy configuration that puts several processes behind one address
    ///
    ///   village haproxy --bind 127.0.0.1:8080 --server posts=127.0.0.1:9001 --server web=127.0.0.1:9002 …
    #[command(verbatim_doc_comment)]
    Haproxy {
        /// Address and port that haproxy listens on
        #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
        bind: String,
        /// A process and the role it plays; repeat it, several times for a role that runs more than once
        #[arg(long = "server", value_name = "ROLE=ADDRESS:PORT", required = true)]
        servers: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Make an invitation and print its link
    Invite {
        /// How many people may use it
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
        uses: u32,
        /// Days until it ends
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=30))]
        days: u32,
    },
    /// Print a link with which a person chooses a new password; it works once, for an hour
    ResetPassword {
        /// The e-mail address of the account
        email: String,
    },
    /// Close an account's sessions and hide what it wrote
    Suspend {
        /// The e-mail address of the account
        email: String,
    },
    /// Undo `suspend`
    Unsuspend {
        /// The e-mail address of the account
        email: String,
    },
    /// Take the present master key for the database's own: the one before is lost. Everybody logs in again
    AdoptMasterKey,
}

#[derive(Debug, Subcommand)]
pub enum Events {
    /// List events that a subscriber gave up on, oldest first
    Dead {
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Hand a dead event to its subscriber again
    Replay {
        /// As `village events dead` prints it
        subscriber: String,
        /// As `village events dead` prints it
        event_id: village_kernel::EventId,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
