//! The report: one row for each number, as Markdown for people and as JSON for programs, with plots.
//!
//! What a run did not measure stays as the run before left it, so that a single row can be measured again; each row
//! says at which revision that was.

mod markdown;
mod plot;
mod reasons;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

pub use plot::{Axis, Line, Plot};

use crate::options::Measure;
use crate::process::machine;

/// What one number comes to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Of the table of goals; several rows may share one.
    pub number: u8,
    pub measure: String,
    pub ours: String,
    pub theirs: String,
    /// What is compared with the goal: ours to theirs, or a figure of its own.
    pub value: f64,
    pub goal: Option<Goal>,
    /// Shown in the README, under this name.
    pub headline: Option<String>,
    #[serde(default)]
    pub revision: String,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Row {
    pub fn is_met(&self) -> Option<bool> {
        Some(match self.goal? {
            Goal::AtLeast(least) => self.value >= least,
            Goal::AtMost(most) => self.value <= most,
        })
    }
}

/// Says something beside the rows of one number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note {
    pub number: u8,
    pub text: String,
}

#[derive(Serialize, Deserialize)]
pub struct Report {
    pub machine: String,
    pub command: String,
    pub revision: String,
    pub rows: Vec<Row>,
    pub notes: Vec<Note>,
    #[serde(skip)]
    plots: Vec<Plot>,
}

impl Report {
    /// Continues the report in `folder` if it is of this machine.
    pub fn open(folder: &Path, command: &str) -> anyhow::Result<Self> {
        let described =
            Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]).output();
        let revision = String::from_utf8(described.context("git is missing")?.stdout)?.trim().to_owned();
        let before = fs::read(folder.join("report.json")).ok();
        let before: Option<Self> = before.and_then(|json| serde_json::from_slice(&json).ok());
        let (rows, notes) = match before {
            Some(report) if report.machine == machine() => (report.rows, report.notes),
            _ => Default::default(),
        };
        Ok(Self { machine: machine(), command: command.to_owned(), revision, rows, notes, plots: Vec::new() })
    }

    /// Writes the texts anew from what was measured, for when only their form has changed.
    pub fn rewrite(folder: &Path) -> anyhow::Result<()> {
        let mut report: Self = serde_json::from_slice(&fs::read(folder.join("report.json"))?)?;
        report.write(folder)
    }

    /// What a run before said of this measure is forgotten.
    pub fn renew(&mut self, measure: Measure) {
        self.rows.retain(|row| !measure.numbers().contains(&row.number));
        self.notes.retain(|note| !measure.numbers().contains(&note.number));
    }

    pub fn add(&mut self, row: Row) {
        let verdict = match row.is_met() {
            Some(true) => "met",
            Some(false) => "short",
            None => "",
        };
        println!("  = {}: {} against {}: {} {verdict}", row.measure, row.ours, row.theirs, markdown::value(&row));
        self.rows.push(Row { revision: self.revision.clone(), ..row });
    }

    pub fn note(&mut self, number: u8, text: String) {
        println!("  . {text}");
        self.notes.push(Note { number, text });
    }

    pub fn plot(&mut self, plot: Plot) {
        self.plots.push(plot);
    }

    /// Rows of one number stay in the order in which they came.
    pub fn write(&mut self, folder: &Path) -> anyhow::Result<()> {
        self.rows.sort_by_key(|row| row.number);
        self.notes.sort_by_key(|note| note.number);
        let plots = folder.join("plots");
        fs::create_dir_all(&plots)?;
        for plot in &self.plots {
            fs::write(plots.join(format!("{}.svg", plot.name)), plot.svg()?)?;
        }
        fs::write(folder.join("report.json"), serde_json::to_string_pretty(self)? + "\n")?;
        fs::write(folder.join("report.md"), markdown::report(self, &plots)?)?;
        let readme = folder.join("../README.md");
        if let Ok(text) = fs::read_to_string(&readme)
            && let Some(text) = markdown::with_table(&text, self)
        {
            fs::write(readme, text)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_says_what_the_report_says() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let report: Report = serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap();
        let readme = fs::read_to_string(folder.join("../README.md")).unwrap();
        let expected = markdown::with_table(&readme, &report).expect("the README has the two markers");
        assert_eq!(readme, expected, "`cargo xtask bench` writes the table; do not edit it by hand");
    }

    #[test]
    fn the_report_is_that_of_its_json() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let report: Report = serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap();
        let written = fs::read_to_string(folder.join("report.md")).unwrap();
        assert_eq!(written, markdown::report(&report, &folder.join("plots")).unwrap());
    }

    #[test]
    fn a_goal_is_met_on_its_side_only() {
        let row = |value, goal| {
            let text = String::new;
            let goal = Some(goal);
            Row {
                number: 1,
                measure: text(),
                ours: text(),
                theirs: text(),
                value,
                goal,
                headline: None,
                revision: text(),
            }
        };
        assert_eq!(row(0.6, Goal::AtLeast(0.6)).is_met(), Some(true));
        assert_eq!(row(0.59, Goal::AtLeast(0.6)).is_met(), Some(false));
        assert_eq!(row(13.0, Goal::AtMost(12.0)).is_met(), Some(false));
    }
}
