//! The report as text.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::reasons::REASONS;
use super::{Goal, Report, Row};

const PLOTS: [(&str, &str); 4] = [
    ("throughput", "Throughput against concurrency"),
    ("latency", "Distribution of latencies"),
    ("growth", "Growth"),
    ("memory", "Memory against connections"),
];

/// `plots` is the folder that has them; those that are there are shown.
pub fn report(report: &Report, plots: &Path) -> anyhow::Result<String> {
    let mut text = String::from("# How fast, how large\n\n");
    writeln!(text, "Written by `{}` on {}.", report.command, report.machine)?;
    text.push_str(
        "Server, database and load share the machine; the load is not counted. Both sides of a row are measured in \
         turns in one run, and medians are shown. *A CPU-second* is a second of processor time of the server and of \
         PostgreSQL with all its processes together, where nothing else is said. Redis carries the hints of the server \
         on PostgreSQL, and its processor time is not counted; in rows of revisions up to `3b43c52` PostgreSQL carried \
         them itself. What was found on the way is in the [journal](JOURNAL.md).\n\n",
    );
    text.push_str("| # | measure | Village | against | value | goal | |\n|---|---|---|---|---|---|---|\n");
    for row in &report.rows {
        let Row { number, measure, ours, theirs, .. } = row;
        let (value, goal, verdict) = (value(row), goal(row), verdict(row));
        writeln!(text, "| {number} | {measure} | {ours} | {theirs} | {value} | {goal} | {verdict} |")?;
    }
    for note in report.notes.iter().enumerate() {
        let (position, note) = note;
        let gap = if position == 0 { "\n" } else { "" };
        writeln!(text, "{gap}- {}: {}", note.number, note.text)?;
    }
    let is_short = |number: u8| report.rows.iter().any(|row| row.number == number && row.is_met() == Some(false));
    let reasons: Vec<_> = REASONS.iter().filter(|(number, _)| is_short(*number)).collect();
    if !reasons.is_empty() {
        text.push_str("\n## Why rows are short\n\n");
        for (number, reason) in reasons {
            writeln!(text, "- {number}: {reason}")?;
        }
    }
    let shown: Vec<_> = PLOTS.iter().filter(|(name, _)| plots.join(format!("{name}.svg")).exists()).collect();
    for (name, title) in shown {
        writeln!(text, "\n## {title}\n\n![{title}](plots/{name}.svg)")?;
    }
    let revisions: BTreeSet<&str> = report.rows.iter().map(|row| row.revision.as_str()).collect();
    text.push_str("\n## Revisions\n\n");
    for revision in revisions {
        let rows = report.rows.iter().filter(|row| row.revision == revision);
        let numbers: BTreeSet<u8> = rows.map(|row| row.number).collect();
        let numbers: Vec<String> = numbers.iter().map(u8::to_string).collect();
        writeln!(text, "- {revision}: {}", numbers.join(", "))?;
    }
    Ok(text)
}

/// So that a small one is not taken for nothing.
pub fn value(row: &Row) -> String {
    if row.value < 0.1 { format!("{:.4}", row.value) } else { format!("{:.2}", row.value) }
}

fn goal(row: &Row) -> String {
    match row.goal {
        Some(Goal::AtLeast(least)) => format!("≥ {least}"),
        Some(Goal::AtMost(most)) => format!("≤ {most}"),
        None => String::new(),
    }
}

fn verdict(row: &Row) -> &'static str {
    match row.is_met() {
        Some(true) => "met",
        Some(false) => "**short**",
        None => "",
    }
}

const BEGIN: &str = "<!-- The table is written by `cargo xtask bench`. -->\n";
const END: &str = "<!-- End of the table. -->\n";

/// `readme` with the short table between its two markers; `None` without markers.
pub fn with_table(readme: &str, report: &Report) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    let mut table = String::from("| | Village | against | value | goal | |\n|---|---|---|---|---|---|\n");
    for row in &report.rows {
        if let Some(name) = &row.headline {
            let (short, against) = (leading(&row.ours), leading(&row.theirs));
            let _ =
                writeln!(table, "| {name} | {short} | {against} | {} | {} | {} |", value(row), goal(row), verdict(row));
        }
    }
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

/// A figure without what follows it in parentheses or after a comma and a space.
fn leading(figure: &str) -> &str {
    let end = figure.find(" (").into_iter().chain(figure.find(", ")).min();
    &figure[..end.unwrap_or(figure.len())]
}
