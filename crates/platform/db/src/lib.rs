//! One database, two engines: SQLite (embedded default) and PostgreSQL.
//!
//! Statements are written once, as plain SQL with `$1`, and run on either engine by [`on!`]. What shared
//! SQL may contain is in `docs/sql-dialect.md`. Reads take a [`Reader`], writes go through [`transaction!`].

mod any_of;
mod config;
mod lock;
mod migrate;
mod pass;
mod pattern;
mod postgres;
mod probe;
mod sqlite;
mod trouble;
mod tx;

pub use any_of::IdList;
pub use config::{DatabaseConfig, DatabaseUrl, InvalidDatabaseUrl};
pub use lock::{DataFolderLock, DatabaseLock, Locked};
pub use migrate::{Migration, MigrationError, Schema};
pub use pass::{Pass, Position};
pub use pattern::{literally, starts_of_words};
pub use probe::Unfit;
pub use trouble::note as note_trouble;
pub use tx::{Tx, WriteError};

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Sqlite, SqliteConnection};

pub const MIGRATIONS: &[Migration] = migrations!["20261130040100_db_passes", "20261130060100_db_probes"];

pub type Error = sqlx::Error;
pub type Result<T> = std::result::Result<T, Error>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// The same thing for either engine. [`on!`] runs one block on whichever it is.
pub enum ByEngine<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// Runs a block in a transaction and commits it; what it returned is then durable.
///
/// ```ignore
/// transaction!(&db, |tx| -> Result<PostId, Error> {
///     store::insert_post(tx, &post).await?;
///     outbox.publish(tx, &PostPublished { … }).await?;
///     Ok(post.id)
/// })
/// ```
///
/// The block may run again (deadlock, serialization failure), so it has no effect outside `tx`: hints to
/// sockets and caches are registered with [`Tx::after_commit`]. When it returns an error nothing is written.
/// On SQLite the writes that wait meanwhile share one commit, each in its own savepoint.
///
/// Poll it to its end: a future that holds or awaits its turn to write and is left unpolled (in a `select!` loop, a
/// `FuturesUnordered`) holds up every other writer on SQLite. Spawn it when in doubt.
///
/// It is a macro because a function that takes an async closure yields a future that the compiler cannot
/// show to be `Send` (as of Rust 1.95), and handlers need one that is.
#[macro_export]
macro_rules! transaction {
    ($db:expr, |$tx:ident| -> $outcome:ty $body:block) => {
        $crate::transaction!(@run begin, $db, |$tx| -> $outcome $body)
    };
    (@run $begin:ident, $db:expr, |$tx:ident| -> $outcome:ty $body:block) => {{
        let db: &$crate::Db = $db;
        let mut attempt: u32 = 1;
        let outcome: $outcome = loop {
            let mut open = match db.$begin().await {
                Ok(open) => open,
                Err(error) => break Err(error.into()),
            };
            let outcome: $outcome = {
                let $tx = &mut open;
                async { $body }.await
            };
            match open.finish(outcome, &mut attempt).await {
                ::std::ops::ControlFlow::Break(outcome) => break outcome,
                ::std::ops::ControlFlow::Continue(()) => {}
            }
        };
        outcome
    }};
}

/// As [`transaction!`], for a block that executes exactly one statement, and whose outcome is an error if and only if
/// that statement fails: it is a transaction by itself, without the round trips that begin and end one.
///
/// On SQLite the statement is several that are sent as one: [`together!`].
#[macro_export]
macro_rules! at_once {
    ($db:expr, |$tx:ident| -> $outcome:ty $body:block) => {
        $crate::transaction!(@run begin_at_once, $db, |$tx| -> $outcome $body)
    };
}

/// Statements of which all are done or none, for [`at_once!`] on SQLite: they bring the savepoint of their turn along.
#[macro_export]
macro_rules! together {
    ($statements:expr) => {
        concat!("savepoint turn; ", $statements, "; release turn")
    };
}

/// Runs one block on either engine: `on!(db, conn => query("…").execute(conn).await)`.
///
/// `db` is anything that is a [`Connection`]; the block is compiled twice, once for each engine.
/// For several statements in one block pass `&mut *conn`.
#[macro_export]
macro_rules! on {
    ($db:expr, $conn:ident => $body:expr) => {
        match $crate::Connection::by_engine($db) {
            $crate::ByEngine::Sqlite($conn) => $body,
            $crate::ByEngine::Postgres($conn) => $body,
        }
    };
}

/// `execute!(tx, "update …", a, b)`: the number of rows affected.
#[macro_export]
macro_rules! execute {
    ($db:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on!($db, conn => $crate::sqlx::query($sql)$(.bind($bind))*.execute(conn).await.map(|done| done.rows_affected()))
    };
}

/// `fetch_all!(db, "select …", a, b)`: all rows, as whatever `FromRow` type the result is assigned to.
#[macro_export]
macro_rules! fetch_all {
    ($db:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on!($db, conn => $crate::sqlx::query_as($sql)$(.bind($bind))*.fetch_all(conn).await)
    };
}

/// As [`fetch_all!`], for at most one row.
#[macro_export]
macro_rules! fetch_optional {
    ($db:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on!($db, conn => $crate::sqlx::query_as($sql)$(.bind($bind))*.fetch_optional(conn).await)
    };
}

/// As [`fetch_all!`], for exactly one row.
#[macro_export]
macro_rules! fetch_one {
    ($db:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on!($db, conn => $crate::sqlx::query_as($sql)$(.bind($bind))*.fetch_one(conn).await)
    };
}

#[doc(hidden)]
pub use sqlx;

/// A connection that statements run on: a [`Reader`] or a [`Tx`]. Store functions take
/// `&mut impl Connection`, so that the same statement serves inside and outside a transaction.
pub trait Connection: Send {
    fn by_engine(&mut self) -> ByEngine<&mut SqliteConnection, &mut PgConnection>;

    fn engine(&mut self) -> Engine {
        match self.by_engine() {
            ByEngine::Sqlite(_) => Engine::Sqlite,
            ByEngine::Postgres(_) => Engine::Postgres,
        }
    }

    /// Turns `= any_of($n)` and `from pairs_of($n)` in `sql` into what the engine understands; bind an [`IdList`]
    /// there.
    fn any_of(&mut self, sql: &str) -> AssertSqlSafe<String> {
        AssertSqlSafe(any_of::expand(self.engine(), sql))
    }

    /// As [`Connection::any_of`], for a query whose rows take their time one by one. SQLite hands each row over from its own
    /// thread, and whoever waits for them is woken for each; so there they are made first, and handed over together.
    fn any_of_together(&mut self, sql: &str) -> AssertSqlSafe<String> {
        match self.engine() {
            Engine::Sqlite => self.any_of(&format!("with together as materialized ({sql}) select * from together")),
            Engine::Postgres => self.any_of(sql),
        }
    }
}

/// A pooled connection for reads. On SQLite it cannot write.
pub struct Reader(ByEngine<PoolConnection<Sqlite>, PoolConnection<Postgres>>);

impl Connection for Reader {
    fn by_engine(&mut self) -> ByEngine<&mut SqliteConnection, &mut PgConnection> {
        match &mut self.0 {
            ByEngine::Sqlite(connection) => ByEngine::Sqlite(connection),
            ByEngine::Postgres(connection) => ByEngine::Postgres(connection),
        }
    }
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub enum Db {
    Sqlite(sqlite::SqliteDb),
    Postgres(postgres::PostgresDb),
}

impl Db {
    /// Connects, and on SQLite creates the file when it is missing (mode 0600). Migrates nothing.
    pub async fn connect(config: &DatabaseConfig) -> Result<Self> {
        match &config.url {
            DatabaseUrl::Sqlite(path) => sqlite::SqliteDb::open(path, config).await.map(Self::Sqlite),
            DatabaseUrl::Postgres(url) => postgres::PostgresDb::connect(url, config).await.map(Self::Postgres),
        }
    }

    pub fn engine(&self) -> Engine {
        match self {
            Db::Sqlite(_) => Engine::Sqlite,
            Db::Postgres(_) => Engine::Postgres,
        }
    }

    /// A connection for reading what is committed.
    pub async fn reader(&self) -> Result<Reader> {
        Ok(Reader(match self {
            Db::Sqlite(db) => ByEngine::Sqlite(db.readers.acquire().await?),
            Db::Postgres(db) => ByEngine::Postgres(db.pool.acquire().await?),
        }))
    }

    /// Opens a transaction; [`transaction!`] is how use cases do it.
    #[doc(hidden)]
    pub async fn begin(&self) -> Result<Tx> {
        match self {
            Db::Sqlite(db) => db.begin().await,
            Db::Postgres(db) => db.begin().await,
        }
    }

    /// Opens what [`at_once!`] runs in.
    #[doc(hidden)]
    pub async fn begin_at_once(&self) -> Result<Tx> {
        match self {
            Db::Sqlite(db) => db.begin_at_once().await,
            Db::Postgres(db) => db.begin_at_once().await,
        }
    }

    /// For `listen/notify` and tests; `None` on SQLite.
    pub fn postgres_pool(&self) -> Option<&sqlx::PgPool> {
        match self {
            Db::Sqlite(_) => None,
            Db::Postgres(db) => Some(&db.pool),
        }
    }

    /// Waits for connections in use and closes them; on SQLite folds the write-ahead log into the file.
    pub async fn close(&self) {
        match self {
            Db::Sqlite(db) => db.close().await,
            Db::Postgres(db) => db.pool.close().await,
        }
    }
}

/// Whether the database could not be reached or is overloaded: the caller may try again later.
pub fn is_unavailable(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::Tls(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed => true,
        Error::Database(error) => match error.code().as_deref() {
            // PostgreSQL: connection exceptions, insufficient resources, operator intervention (shutdown, crash).
            Some(code) if code.len() == 5 => {
                code.starts_with("08") || code.starts_with("53") || code.starts_with("57P")
            }
            // SQLite: BUSY, LOCKED, IOERR, FULL (primary result codes).
            Some(code) => matches!(code.parse::<i32>().map(|code| code & 0xff), Ok(5 | 6 | 10 | 13)),
            None => false,
        },
        _ => false,
    }
}

/// Whether a row with the same unique key is there.
pub fn is_unique_violation(error: &Error) -> bool {
    matches!(error, Error::Database(error) if error.is_unique_violation())
}

/// Whether running the same transaction again may succeed: PostgreSQL's deadlock_detected and serialization_failure.
pub(crate) fn is_transient(error: &Error) -> bool {
    matches!(error, Error::Database(error) if matches!(error.code().as_deref(), Some("40001" | "40P01")))
}
