//! The report: one row for each measure, as Markdown for people and as JSON for programs.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde::Serialize;

use crate::process::machine;

#[derive(Serialize)]
pub struct Row {
    pub measure: String,
    pub ours: String,
    pub theirs: String,
    pub ratio: f64,
    pub goal: String,
    pub met: bool,
}

#[derive(Serialize)]
pub struct Report {
    machine: String,
    command: String,
    revision: String,
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Report {
    pub fn new(command: &str) -> anyhow::Result<Self> {
        let revision =
            Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().context("git is missing")?;
        Ok(Self {
            machine: machine(),
            command: command.to_owned(),
            revision: String::from_utf8(revision.stdout)?.trim().to_owned(),
            rows: Vec::new(),
            notes: Vec::new(),
        })
    }

    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("report.json"), serde_json::to_string_pretty(self)? + "\n")?;
        fs::write(folder.join("report.md"), self.markdown()?)?;
        print!("{}", self.markdown()?);
        Ok(())
    }

    fn markdown(&self) -> anyhow::Result<String> {
        let mut text = String::from("# How fast, how large\n\n");
        writeln!(text, "Written by `{}` at revision {}, on {}.", self.command, self.revision, self.machine)?;
        writeln!(text, "Server, database and load share the machine. Medians; CPU is that of the server's process.\n")?;
        writeln!(text, "| measure | Village | against | ratio | goal | |\n|---|---|---|---|---|---|")?;
        for row in &self.rows {
            let verdict = if row.met { "met" } else { "short" };
            let Row { measure, ours, theirs, ratio, goal, .. } = row;
            writeln!(text, "| {measure} | {ours} | {theirs} | {ratio:.2} | {goal} | {verdict} |")?;
        }
        if !self.notes.is_empty() {
            text.push('\n');
        }
        for note in &self.notes {
            writeln!(text, "- {note}")?;
        }
        Ok(text)
    }
}
