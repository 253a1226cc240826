//! The transaction a write runs in.

use std::ops::ControlFlow;
use std::time::Duration;

use rand::RngExt;
use sqlx::{PgConnection, SqliteConnection};

use crate::postgres::PostgresTx;
use crate::sqlite::SqliteTurn;
use crate::{ByEngine, Connection, Error, is_transient, trouble};

/// How often one write is tried before its error is the caller's.
const ATTEMPTS: u32 = 6;

pub(crate) type Hook = Box<dyn FnOnce() + Send>;

/// An open transaction. Made by [`crate::transaction!`] or [`crate::at_once!`].
pub struct Tx {
    pub(crate) inner: ByEngine<SqliteTurn, PostgresTx>,
    pub(crate) hooks: Vec<Hook>,
    #[cfg(feature = "sabotage")]
    pub(crate) commits_late: bool,
}

impl Tx {
    /// Runs `hook` once the transaction is committed, never otherwise. For hints only: a crash right after
    /// the commit loses it.
    pub fn after_commit(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// Whether it is the transaction of [`crate::at_once!`].
    pub fn is_at_once(&self) -> bool {
        match &self.inner {
            ByEngine::Sqlite(turn) => turn.at_once,
            ByEngine::Postgres(transaction) => matches!(transaction, PostgresTx::AtOnce(_)),
        }
    }

    /// Commits what succeeded, rolls back what did not; `Continue` when the block should run again.
    #[doc(hidden)]
    pub async fn finish<T, E: WriteError>(self, outcome: Result<T, E>, attempt: &mut u32) -> ControlFlow<Result<T, E>> {
        #[cfg(feature = "sabotage")]
        if self.commits_late && outcome.is_ok() {
            tokio::spawn(self.commit_late());
            return ControlFlow::Break(outcome);
        }
        let outcome = match (outcome, self.inner) {
            (Ok(value), ByEngine::Sqlite(turn)) => turn.commit(self.hooks).await.map(|()| value).map_err(E::from),
            (Ok(value), ByEngine::Postgres(transaction)) => match transaction.commit().await {
                Ok(()) => {
                    run_hooks(self.hooks);
                    Ok(value)
                }
                Err(error) => Err(E::from(error)),
            },
            (Err(error), ByEngine::Sqlite(turn)) => {
                turn.undo().await;
                Err(error)
            }
            // Dropped here, which rolls it back before the connection is used again.
            (Err(error), ByEngine::Postgres(_)) => Err(error),
        };
        if let Err(error) = &outcome
            && let Some(error) = error.database()
        {
            trouble::note(error);
        }
        if let Err(error) = &outcome
            && *attempt < ATTEMPTS
            && error.database().is_some_and(is_transient)
        {
            metrics::counter!("village_db_write_retries_total").increment(1);
            let pause = rand::rng().random_range(1..=5_u64 << *attempt);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            *attempt += 1;
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(outcome)
    }
}

/// For showing that the torture test finds what is acknowledged before it is durable.
#[cfg(feature = "sabotage")]
impl Tx {
    pub fn commit_after_acknowledging(&mut self) {
        self.commits_late = true;
    }

    pub fn forget_hooks(&mut self) {
        self.hooks.clear();
    }

    async fn commit_late(self) {
        tokio::time::sleep(Duration::from_millis(60)).await;
        match self.inner {
            ByEngine::Sqlite(turn) => drop(turn.commit(self.hooks).await),
            ByEngine::Postgres(transaction) => {
                if transaction.commit().await.is_ok() {
                    run_hooks(self.hooks);
                }
            }
        }
    }
}

impl Connection for Tx {
    fn by_engine(&mut self) -> ByEngine<&mut SqliteConnection, &mut PgConnection> {
        match &mut self.inner {
            ByEngine::Sqlite(turn) => ByEngine::Sqlite(turn.connection()),
            ByEngine::Postgres(transaction) => ByEngine::Postgres(transaction.connection()),
        }
    }
}

/// What a write may fail with: the service's own error, which knows whether the database caused it.
pub trait WriteError: From<Error> + Send {
    /// The database error inside, if that is what it is; decides whether the write is tried again.
    fn database(&self) -> Option<&Error>;
}

impl WriteError for Error {
    fn database(&self) -> Option<&Error> {
        Some(self)
    }
}

pub(crate) fn run_hooks(hooks: Vec<Hook>) {
    for hook in hooks {
        hook();
    }
}
