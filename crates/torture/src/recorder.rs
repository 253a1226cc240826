//! Writing the history, and judging it: while it is made and from the file.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::Context as _;

use crate::checker::{Checker, Violation};
use crate::history::{Event, Line};

/// Writes the file and lets the checker look on.
pub struct Recorder {
    inner: Mutex<Inner>,
    started: Instant,
}

struct Inner {
    file: BufWriter<File>,
    count: u64,
    checker: Checker,
    failed: Option<std::io::Error>,
}

impl Recorder {
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
        let inner = Inner { file: BufWriter::new(file), count: 0, checker: Checker::default(), failed: None };
        Ok(Self { inner: Mutex::new(inner), started: Instant::now() })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn record(&self, event: Event) {
        let ms = self.started.elapsed().as_millis() as u64;
        let mut inner = self.inner();
        inner.count += 1;
        let line = Line { n: inner.count, ms, event };
        let written = serde_json::to_writer(&mut inner.file, &line).map_err(std::io::Error::from);
        let written = written.and_then(|()| inner.file.write_all(b"\n"));
        if let Err(error) = written {
            inner.failed.get_or_insert(error);
        }
        inner.checker.observe(&line);
    }

    /// Something that the checker knows by now.
    pub fn ask<T>(&self, question: impl FnOnce(&Checker) -> T) -> T {
        question(&self.inner().checker)
    }

    /// The verdict; an error when the file is not whole.
    pub fn close(self) -> anyhow::Result<Checker> {
        self.record(Event::End);
        let mut inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        inner.file.flush()?;
        match inner.failed {
            Some(error) => Err(error).context("the history could not be written"),
            None => Ok(inner.checker),
        }
    }
}

/// Judges a finished history.
pub fn judge(path: &Path) -> anyhow::Result<(Checker, Vec<Violation>)> {
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut checker = Checker::default();
    for (position, text) in BufReader::new(file).lines().enumerate() {
        let line: Line =
            serde_json::from_str(&text?).with_context(|| format!("line {} is not of a history", position + 1))?;
        checker.observe(&line);
    }
    let violations = checker.verdict();
    Ok((checker, violations))
}
