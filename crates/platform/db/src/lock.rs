//! One `village serve` per data folder.

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
    #[error("cannot lock {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

impl DataFolderLock {
    pub fn acquire(folder: &Path) -> Result<Self, Locked> {
        let path = folder.join("village.lock");
        let failed = |source| Locked::Io { path: path.clone(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Locked::InUse(folder.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}
