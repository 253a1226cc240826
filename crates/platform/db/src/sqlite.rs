//! SQLite: several readers, one writer, grouped commits.
//!
//! Writes queue for the one write connection. Each runs in its own savepoint of the
//! transaction that is open, then leaves the connection to the next in the queue and waits. The committer
//! queues behind those who were already waiting, so the cost of one sync to disk is shared by all of them.
//! A caller that goes away in the middle (its client hung up) leaves a savepoint behind, which whoever
//! comes next rolls back.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, Notify, OwnedMutexGuard, oneshot};

use crate::tx::{Hook, run_hooks};
use crate::{ByEngine, DatabaseConfig, Error, Result, Tx, trouble};

/// Memory for pages, at most: the 2 MB that SQLite takes otherwise hold the upper pages of no index of ours, and each
/// write then reads them again.
const WRITER_CACHE_KIB: u32 = 32 * 1024;
/// The same for each reader; there are 4 to 16 of them unless `database.max_connections` says otherwise.
const READER_CACHE_KIB: u32 = 8 * 1024;
/// Pages in the write-ahead log (4 KiB each) from which on they are copied to where they belong; SQLite's own 1,000 copies
/// pages that change all the time four times as often. A start after a crash reads these 16 MB.
const CHECKPOINT_PAGES: u32 = 4_000;
/// Rows that SQLite's thread makes before it waits for whoever takes them: a page of most lists.
const ROW_BUFFER: usize = 512;
/// Writes in one commit at most, so that the first of them does not wait too long.
const GROUP_LIMIT: usize = 128;

#[derive(Clone)]
pub struct SqliteDb {
    pub(crate) path: Arc<Path>,
    pub(crate) readers: SqlitePool,
    writer: Arc<Writer>,
}

struct Writer {
    state: Arc<Mutex<WriterState>>,
    /// Wakes the committer: a group is open.
    group_open: Arc<Notify>,
}

pub(crate) struct WriterState {
    connection: Option<SqliteConnection>,
    in_transaction: bool,
    /// Somebody went away while `begin` was on its way: it may have run or not.
    begin_interrupted: bool,
    /// A savepoint whose owner went away before it finished.
    abandoned_savepoint: bool,
    group: Vec<Member>,
}

/// A write that has run and waits for the commit.
struct Member {
    hooks: Vec<Hook>,
    done: oneshot::Sender<std::result::Result<(), String>>,
}

/// One caller's turn on the write connection.
pub(crate) struct SqliteTurn {
    state: OwnedMutexGuard<WriterState>,
    group_open: Arc<Notify>,
    savepoint_open: bool,
    /// What is executed makes the savepoint and releases it, see [`crate::together!`].
    pub(crate) at_once: bool,
}

impl SqliteDb {
    pub(crate) async fn open(path: &Path, config: &DatabaseConfig) -> Result<Self> {
        create_private(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(if config.sqlite_full_sync { SqliteSynchronous::Full } else { SqliteSynchronous::Normal })
            .foreign_keys(true)
            .row_buffer_size(ROW_BUFFER)
            .busy_timeout(Duration::from_secs(5));
        let writing = options
            .clone()
            .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string());
        let reading = options.pragma("cache_size", format!("-{READER_CACHE_KIB}")).read_only(true);
        let connection = SqliteConnection::connect_with(&writing).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(config.max_connections)
            .acquire_timeout(config.acquire_timeout)
            .test_before_acquire(false)
            .connect_with(reading)
            .await?;
        let state = Arc::new(Mutex::new(WriterState {
            connection: Some(connection),
            in_transaction: false,
            begin_interrupted: false,
            abandoned_savepoint: false,
            group: Vec::new(),
        }));
        let group_open = Arc::new(Notify::new());
        tokio::spawn(commit_groups(Arc::downgrade(&state), group_open.clone()));
        Ok(Self { path: path.into(), readers, writer: Arc::new(Writer { state, group_open }) })
    }

    pub(crate) async fn begin(&self) -> Result<Tx> {
        let mut turn = self.turn().await?;
        turn.savepoint_open = true;
        sqlx::query("savepoint turn").execute(turn.connection()).await?;
        Ok(Self::tx(turn))
    }

    /// The savepoint is part of what is sent.
    pub(crate) async fn begin_at_once(&self) -> Result<Tx> {
        let mut turn = self.turn().await?;
        turn.savepoint_open = true;
        turn.at_once = true;
        Ok(Self::tx(turn))
    }

    /// Waits for its turn and makes sure that a transaction is open.
    async fn turn(&self) -> Result<SqliteTurn> {
        let state = self.writer.state.clone().lock_owned().await;
        let group_open = self.writer.group_open.clone();
        let mut turn = SqliteTurn { state, group_open, savepoint_open: false, at_once: false };
        turn.begin().await?;
        Ok(turn)
    }

    fn tx(turn: SqliteTurn) -> Tx {
        Tx {
            inner: ByEngine::Sqlite(turn),
            hooks: Vec::new(),
            #[cfg(feature = "sabotage")]
            commits_late: false,
        }
    }

    pub(crate) async fn close(&self) {
        let mut state = self.writer.state.lock().await;
        state.commit().await;
        if let Some(mut connection) = state.connection.take() {
            self.readers.close().await;
            let _ = sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut connection).await;
            let _ = connection.close().await;
        }
    }
}

/// The database holds people's words: only the server's user may read it.
pub(crate) fn create_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::Io(error)),
    }
}

/// Commits each group once those who already wait have joined it. Ends with the database.
async fn commit_groups(state: std::sync::Weak<Mutex<WriterState>>, group_open: Arc<Notify>) {
    loop {
        let woken = tokio::time::timeout(Duration::from_secs(1), group_open.notified()).await;
        let Some(state) = state.upgrade() else { return };
        if woken.is_ok() {
            state.lock().await.commit().await;
        }
    }
}

impl SqliteTurn {
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        self.state.connection.as_mut().expect("a turn is given out only while the connection is open")
    }

    async fn begin(&mut self) -> Result<()> {
        if self.state.connection.is_none() {
            return Err(Error::PoolClosed);
        }
        self.state.roll_back_abandoned().await;
        if !self.state.in_transaction {
            self.state.begin_interrupted = true;
            let begun = sqlx::query("begin immediate").execute(self.connection()).await;
            self.state.begin_interrupted = false;
            begun?;
            self.state.in_transaction = true;
        }
        Ok(())
    }

    /// Makes this write part of the open group, gives the connection to the next, and waits for the commit.
    pub(crate) async fn commit(self, hooks: Vec<Hook>) -> Result<()> {
        match self.join_group(hooks).await?.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(message)) => Err(Error::Io(std::io::Error::other(message))),
            Err(_) => Err(Error::WorkerCrashed),
        }
    }

    async fn join_group(mut self, hooks: Vec<Hook>) -> Result<oneshot::Receiver<std::result::Result<(), String>>> {
        if !self.at_once {
            sqlx::query("release turn").execute(self.connection()).await?;
        }
        self.savepoint_open = false;
        let (done, committed) = oneshot::channel();
        self.state.group.push(Member { hooks, done });
        if self.state.group.len() >= GROUP_LIMIT {
            // In a task of its own: the caller may go away, the commit must not stop half-way.
            tokio::spawn(async move { self.state.commit().await });
        }
        Ok(committed)
    }

    /// Takes back what this write did; the others of the group stand.
    pub(crate) async fn undo(mut self) {
        self.state.abandoned_savepoint = true;
        self.state.roll_back_abandoned().await;
        self.savepoint_open = false;
    }
}

impl Drop for SqliteTurn {
    fn drop(&mut self) {
        if self.savepoint_open {
            self.state.abandoned_savepoint = true;
        }
        self.group_open.notify_one();
    }
}

impl WriterState {
    async fn roll_back_abandoned(&mut self) {
        if let (true, Some(connection)) = (self.begin_interrupted, self.connection.as_mut()) {
            // Nothing was written yet; without a transaction there is nothing to roll back.
            let _ = sqlx::query("rollback").execute(&mut *connection).await;
            self.begin_interrupted = false;
        }
        if let (true, Some(connection)) = (self.abandoned_savepoint, self.connection.as_mut()) {
            if self.in_transaction {
                match sqlx::query("rollback to turn").execute(&mut *connection).await {
                    Ok(_) => {
                        let _ = sqlx::query("release turn").execute(&mut *connection).await;
                    }
                    // Either the creation of the savepoint was interrupted, and there is nothing to undo; or SQLite
                    // ended the whole transaction, as it may on a full disk. Only then can another begin.
                    Err(_) if sqlx::query("begin immediate").execute(&mut *connection).await.is_ok() => {
                        for member in self.group.drain(..) {
                            let _ = member.done.send(Err("SQLite rolled back the transaction".to_owned()));
                        }
                    }
                    Err(_) => {}
                }
            }
            self.abandoned_savepoint = false;
        }
    }

    async fn commit(&mut self) {
        self.roll_back_abandoned().await;
        let Some(connection) = self.connection.as_mut() else { return };
        if !self.in_transaction {
            return;
        }
        let outcome = sqlx::query("commit").execute(&mut *connection).await;
        if let Err(error) = &outcome {
            tracing::error!(%error, writes = self.group.len(), "a group of writes could not be committed");
            trouble::note(error);
            let _ = sqlx::query("rollback").execute(&mut *connection).await;
        }
        self.in_transaction = false;
        metrics::histogram!("village_db_group_commit_writes").record(self.group.len() as f64);
        let outcome = outcome.map(|_| ()).map_err(|error| error.to_string());
        for member in self.group.drain(..) {
            if outcome.is_ok() {
                run_hooks(member.hooks);
            }
            // The caller may have gone; its write stands all the same.
            let _ = member.done.send(outcome.clone());
        }
    }
}
