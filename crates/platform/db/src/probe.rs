//! Whether the database works, as readiness asks: it writes, reads, and looks through its pages.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use village_kernel::{Clock, SystemClock};

use crate::{Db, Result, execute, fetch_one, transaction, trouble};

/// How many rows the probes of all processes take up at most.
const SLOTS: u32 = 1_024;

#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    #[error("{0}")]
    Trouble(String),
    #[error(transparent)]
    Database(#[from] crate::Error),
}

impl Db {
    /// Writes a row to the disk and reads it back by another connection. Also fails while what others met lately says
    /// that the disk is full or the database damaged.
    pub async fn probe(&self) -> std::result::Result<(), Unfit> {
        let slot = i64::from(std::process::id() % SLOTS);
        let written_at = SystemClock.now();
        transaction!(self, |tx| -> Result<u64> {
            let sql = "insert into db_probes (slot, written_at)
                       values ($1, $2)
                       on conflict (slot) do update set written_at = excluded.written_at";
            execute!(tx, sql, slot, written_at)
        })?;
        let mut reader = self.reader().await?;
        let sql = "select written_at from db_probes where slot = $1";
        let (_,): (village_kernel::Instant,) = fetch_one!(&mut reader, sql, slot)?;
        match trouble::current() {
            Some(reason) => Err(Unfit::Trouble(reason)),
            None => Ok(()),
        }
    }

    /// Looks through every page, on SQLite; this takes as long as reading the file. What it finds, [`Self::probe`] says
    /// from then on, until the pages are sound again.
    pub async fn look_for_damage(&self) -> Result<()> {
        let Db::Sqlite(db) = self else { return Ok(()) };
        // A connection of its own: those of the pools have pages in memory that may be damaged on the disk by now.
        let options = SqliteConnectOptions::new().filename(&*db.path).read_only(true);
        let outcome = quick_check(&options).await;
        match &outcome {
            Ok(None) => trouble::pages_are_sound(),
            Ok(Some(finding)) => trouble::note_damage(finding.clone()),
            Err(error) => trouble::note(error),
        }
        outcome.map(|_| ())
    }

    /// Where an SQLite database is.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Db::Sqlite(db) => Some(&db.path),
            Db::Postgres(_) => None,
        }
    }
}

/// The first thing that is wrong.
async fn quick_check(options: &SqliteConnectOptions) -> Result<Option<String>> {
    let mut connection = SqliteConnection::connect_with(options).await?;
    let finding: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&mut connection).await?;
    let _ = connection.close().await;
    Ok((finding != "ok").then_some(finding))
}
