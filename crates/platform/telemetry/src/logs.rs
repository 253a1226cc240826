//! Where log lines go and how they look.

use std::fmt;
use std::io::IsTerminal as _;
use std::str::FromStr;

use anyhow::Context as _;
use serde::Deserialize;
use tracing::subscriber::set_global_default;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::JsonFields;

use crate::json_lines::JsonLines;
use crate::panics;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One line for a person; coloured on a terminal.
    #[default]
    Human,
    /// One JSON object a line, for whatever collects the logs.
    Json,
}

impl FromStr for LogFormat {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text {
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            other => anyhow::bail!("`{other}` is no log format: use `human` or `json`"),
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Human => "human",
            Self::Json => "json",
        })
    }
}

/// Starts logging to standard error, and logs panics from now on.
///
/// `filter` is a level or a list such as `info,village_bus=debug`; a wrong one is an error that names it. Calling
/// this again (tests in one process do) changes nothing and succeeds.
pub fn init(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().parse(filter).with_context(|| {
        format!("the log filter `{filter}` is wrong: write a level such as `info`, or `info,village_bus=debug`")
    })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // An error here means that a subscriber is already there.
    let _ = match format {
        LogFormat::Human => {
            set_global_default(lines.with_target(false).with_ansi(std::io::stderr().is_terminal()).finish())
        }
        LogFormat::Json => set_global_default(lines.fmt_fields(JsonFields::new()).event_format(JsonLines).finish()),
    };
    panics::log_panics();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_start_changes_nothing_and_succeeds() {
        init(LogFormat::Human, "warn").unwrap();
        init(LogFormat::Json, "info,village_bus=debug").unwrap();
    }

    #[test]
    fn a_wrong_filter_is_named_with_the_fix() {
        let error = format!("{:#}", init(LogFormat::Human, "village=loud").unwrap_err());
        assert!(error.contains("village=loud") && error.contains("info"), "{error}");
    }

    #[test]
    fn formats_are_read_as_they_are_shown() {
        for format in [LogFormat::Human, LogFormat::Json] {
            assert_eq!(format.to_string().parse::<LogFormat>().unwrap(), format);
        }
        assert!("xml".parse::<LogFormat>().is_err());
    }
}
