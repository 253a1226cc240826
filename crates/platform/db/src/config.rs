//! Which database, and how much of it to use.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite:PATH`
    Sqlite(PathBuf),
    /// `postgres://user:password@host/database`
    Postgres(String),
}

#[derive(Debug, thiserror::Error)]
#[error("the database URL must start with `sqlite:` or `postgres://`")]
pub struct InvalidDatabaseUrl;

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() { Err(InvalidDatabaseUrl) } else { Ok(Self::Sqlite(path.into())) }
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(Self::Postgres(url.to_owned()))
        } else {
            Err(InvalidDatabaseUrl)
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    // The URL holds a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    pub url: DatabaseUrl,
    /// Connections at most: the whole pool on PostgreSQL, the readers on SQLite (which always has one writer).
    pub max_connections: u32,
    /// How long a caller waits for a connection before it is told `unavailable`.
    pub acquire_timeout: std::time::Duration,
    /// `synchronous=FULL` on SQLite: every acknowledged write survives a power cut. `false` survives only a killed process.
    pub sqlite_full_sync: bool,
}

impl DatabaseConfig {
    pub fn new(url: DatabaseUrl) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, |cores| cores.get() as u32);
        Self {
            max_connections: match url {
                DatabaseUrl::Sqlite(_) => (cores * 2).clamp(4, 16),
                DatabaseUrl::Postgres(_) => (cores * 4).clamp(8, 32),
            },
            url,
            acquire_timeout: std::time::Duration::from_secs(5),
            sqlite_full_sync: true,
        }
    }
}
