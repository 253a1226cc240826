//! One `village serve` for a data folder and for an SQLite database.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Held while a server uses a data folder; the operating system frees it when the process ends, however it ends.
#[derive(Debug)]
pub struct DataFolderLock {
    _file: File,
}

#[derive(Debug, thiserror::Error)]
pub enum Locked {
    #[error("another `village serve` is using {0}; stop it first, or give this one its own data folder")]
    InUse(PathBuf),
    #[error(
        "another `village serve` is using the database {0}, perhaps from another data folder; stop it first, or give this \
         one its own database"
    )]
    DatabaseInUse(PathBuf),
    #[error("cannot lock {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

impl DataFolderLock {
    pub fn acquire(folder: &Path) -> Result<Self, Locked> {
        let path = folder.join("village.lock");
        match lock(&path)? {
            Some(file) => Ok(Self { _file: file }),
            None => Err(Locked::InUse(folder.to_owned())),
        }
    }
}

/// Held while a server uses an SQLite database. The lock is on the file itself, whatever path leads to it: SQLite's own
/// locks are of another kind (`fcntl`, this is `flock`) and let any number of processes write in turn.
///
/// Drop it after the database is closed: closing any descriptor of a file ends the `fcntl` locks that the process holds.
#[derive(Debug)]
pub struct DatabaseLock {
    _file: File,
}

impl DatabaseLock {
    /// Makes the file when it is missing.
    pub fn acquire(path: &Path) -> Result<Self, Locked> {
        let failed = |error: crate::Error| Locked::Io { path: path.to_owned(), source: io::Error::other(error) };
        crate::sqlite::create_private(path).map_err(failed)?;
        match lock(path)? {
            Some(file) => Ok(Self { _file: file }),
            None => Err(Locked::DatabaseInUse(path.to_owned())),
        }
    }
}

/// `None` when another process holds it.
fn lock(path: &Path) -> Result<Option<File>, Locked> {
    let failed = |source| Locked::Io { path: path.to_owned(), source };
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}
