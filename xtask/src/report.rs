//! Counting what test runners report, and the summary at the end.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, bail};

use crate::steps::shown;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// What the steps of one run did.
#[derive(Default)]
pub struct Report(Vec<Step>);

struct Step {
    name: &'static str,
    seconds: u64,
    /// Tests, where the step ran any.
    counts: Option<Counts>,
    failed: bool,
}

impl Report {
    /// A step that passes or fails as a whole.
    pub fn step(&mut self, name: &'static str, act: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        self.timed(name, || (None, act()))
    }

    /// A test runner. That it ends well is not enough: one that ran no test, or whose tests we could not count,
    /// fails.
    pub fn tests(&mut self, name: &'static str, command: &mut Command) -> anyhow::Result<()> {
        self.timed(name, || match run_and_count(command) {
            Ok((counts, outcome)) if counts == Counts::default() => {
                (None, outcome.and_then(|()| bail!("`{}` reported no tests", shown(command))))
            }
            Ok((counts, outcome)) => (Some(counts), outcome),
            Err(error) => (None, Err(error)),
        })
    }

    fn timed(
        &mut self,
        name: &'static str,
        act: impl FnOnce() -> (Option<Counts>, anyhow::Result<()>),
    ) -> anyhow::Result<()> {
        eprintln!("\n━━ {name} ━━");
        let started = Instant::now();
        let (counts, outcome) = act();
        self.0.push(Step { name, seconds: started.elapsed().as_secs(), counts, failed: outcome.is_err() });
        outcome.with_context(|| format!("{name} failed"))
    }

    /// A table of the steps, and the sums alone on the last line. A failed step counts as one failure when its
    /// runner named none.
    pub fn print(&self, mut to: impl Write) -> std::io::Result<()> {
        let mut sum = Counts::default();
        writeln!(to, "\n━━ Summary ━━")?;
        for step in &self.0 {
            let mut counts = step.counts.unwrap_or_default();
            if step.failed && counts.failed == 0 {
                counts.failed = 1;
            }
            sum.add(counts);
            let outcome = match (step.counts, step.failed) {
                (Some(_), _) => format!("{} passed, {} failed", counts.passed, counts.failed),
                (None, true) => "failed".to_owned(),
                (None, false) => "ok".to_owned(),
            };
            writeln!(to, "{:<32} {:>5} s  {outcome}", step.name, step.seconds)?;
        }
        writeln!(to, "\n{} passed, {} failed", sum.passed, sum.failed)
    }
}

/// Runs a test runner, shows what it writes as it comes, and counts. The outcome is the runner's own.
fn run_and_count(command: &mut Command) -> anyhow::Result<(Counts, anyhow::Result<()>)> {
    // Runners write no colours into a pipe unless told so.
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
    }
    let shown = shown(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{shown}` could not be started"))?;
    let readers = [
        child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
        child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
    ];
    let threads = readers.into_iter().flatten().map(|stream| thread::spawn(move || count_lines(stream)));
    let mut counts = Counts::default();
    for thread in threads.collect::<Vec<_>>() {
        counts.add(thread.join().unwrap_or_default());
    }
    let status = child.wait()?;
    let outcome = if status.success() { Ok(()) } else { Err(anyhow::anyhow!("`{shown}` failed ({status})")) };
    Ok((counts, outcome))
}

fn count_lines(stream: impl Read) -> Counts {
    let mut counts = Counts::default();
    let mut lines = BufReader::new(stream);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let _ = std::io::stderr().write_all(&line);
        if let Some(found) = parse_summary(&String::from_utf8_lossy(&line)) {
            counts.add(found);
        }
        line.clear();
    }
    counts
}

/// Understands the summary lines of cargo-nextest (`Summary [ 2.0s] 16 tests run: 15 passed, 1 failed`), of vitest
/// (`Tests  1 failed | 12 passed (13)`), and a plain `12 passed, 1 failed`.
fn parse_summary(line: &str) -> Option<Counts> {
    let line = without_colours(line);
    let line = line.trim();
    let plain = line.split_once(' ').is_some_and(|(number, rest)| {
        number.parse::<u64>().is_ok() && (rest.starts_with("passed") || rest.starts_with("failed"))
    });
    if !plain && !line.starts_with("Summary [") && !line.starts_with("Tests ") {
        return None;
    }
    let words: Vec<&str> =
        line.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let before = |what: &str| {
        words.windows(2).find(|pair| pair[1] == what).and_then(|pair| pair[0].parse().ok()).unwrap_or_default()
    };
    Some(Counts { passed: before("passed"), failed: before("failed") + before("timed") })
}

/// Drops the escape sequences that colour text: ESC, `[`, parameters, a letter.
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut text, part| {
        text.push_str(
            part.trim_start_matches(|character: char| !character.is_ascii_alphabetic()).get(1..).unwrap_or(""),
        );
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64) -> Option<Counts> {
        Some(Counts { passed, failed })
    }

    #[test]
    fn the_summaries_of_all_runners_are_counted() {
        for (line, expected) in [
            ("     Summary [   2.023s] 16 tests run: 16 passed, 0 skipped", counts(16, 0)),
            (
                "     Summary [   2.0s] 11/16 tests run: 9 passed (1 slow), 1 failed, 1 timed out, 0 skipped",
                counts(9, 2),
            ),
            (" Test Files  3 passed (3)", None),
            ("      Tests  1 failed | 12 passed (13)", counts(12, 1)),
            (
                "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[32m12 passed\u{1b}[39m\u{1b}[22m\u{1b}[90m (12)\u{1b}[39m",
                counts(12, 0),
            ),
            ("  7 passed (3.4s)", counts(7, 0)),
            ("7 passed, 2 failed", counts(7, 2)),
            ("the test passed 3 times", None),
            ("        PASS [   0.009s] ( 9/16) village-telemetry logs::tests::formats", None),
        ] {
            assert_eq!(parse_summary(line), expected, "{line}");
        }
    }

    #[test]
    fn the_last_line_holds_the_sums_and_a_failed_step_is_never_counted_as_nothing() {
        let mut report = Report::default();
        report.tests("Unit tests", Command::new("echo").arg("5 passed, 0 failed")).unwrap();
        report.step("Formatting", || bail!("not formatted")).unwrap_err();
        report.tests("Nothing", Command::new("echo").arg("all is well")).unwrap_err();
        let mut text = Vec::new();
        report.print(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.lines().last(), Some("5 passed, 2 failed"));
    }

    #[test]
    fn tests_that_failed_are_counted() {
        let mut report = Report::default();
        report.tests("Unit tests", Command::new("sh").args(["-c", "echo '5 passed, 3 failed'; exit 1"])).unwrap_err();
        let mut text = Vec::new();
        report.print(&mut text).unwrap();
        assert!(String::from_utf8(text).unwrap().ends_with("\n5 passed, 3 failed\n"));
    }
}
