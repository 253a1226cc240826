//! What every command stands on: the data folder, the master key, the database and its schema, the live hints.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use village_db::{DataFolderLock, DatabaseLock, DatabaseUrl, Db, Schema};
use village_kernel::secret::MasterKey;
use village_live::{InProcessLive, PostgresLive, RedisConfig, RedisLive, SharedLive};

use crate::roles::Role;
use crate::settings::{Migrate, Settings};

/// The whole schema, merged from services and platform.
pub fn schema() -> anyhow::Result<Schema> {
    Ok(Schema::merge(&[
        village_db::MIGRATIONS,
        village_bus::MIGRATIONS,
        village_http::MIGRATIONS,
        village_auth::MIGRATIONS,
        village_users::MIGRATIONS,
        village_posts::MIGRATIONS,
        village_messaging::MIGRATIONS,
        village_notifications::MIGRATIONS,
    ])?)
}

/// Makes `folder` when it is missing, for the server's user only.
pub fn private_folder(folder: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
}

/// The master key from the settings, or from the data folder, where the first start makes one.
pub fn master_key(settings: &Settings, roles: &[Role]) -> anyhow::Result<MasterKey> {
    if let Some(key) = &settings.master_key {
        return Ok(key.clone());
    }
    if roles.len() < Role::ALL.len() {
        bail!(
            "this process runs only some of the services, so it shares its secrets with others: set \
             VILLAGE_MASTER_KEY to the same value for all of them (make one with `openssl rand -hex 32`)"
        );
    }
    key_file(&settings.data_dir.join("master.key"))
}

/// Where the key of [`master_key`] is, if it is there.
fn key_is_at(settings: &Settings) -> String {
    match settings.master_key {
        Some(_) => "`master_key` (VILLAGE_MASTER_KEY)".to_owned(),
        None => settings.data_dir.join("master.key").display().to_string(),
    }
}

/// What to tell of a key that is not the database's.
pub fn wrong_master_key(settings: &Settings) -> String {
    format!(
        "the master key in {} is not the one that the database was made with, so nothing was started; put that one \
         back (it is in every copy of the data folder). If it is lost, run `village admin adopt-master-key`: the server \
         then starts with the key there is, invitations are void, and everybody logs in again",
        key_is_at(settings)
    )
}

/// Takes back the key that this start made, when the database turns out to have another: the sentence would be wrong
/// at the next start.
pub fn discard_new_key(settings: &Settings) -> String {
    let path = settings.data_dir.join("master.key");
    let _ = fs::remove_file(&path);
    format!(
        "there is no {}, and the database was made with a master key; put the file back from a copy of the data folder, \
         or set VILLAGE_MASTER_KEY. If the key is lost, make one with `openssl rand -hex 32`, set VILLAGE_MASTER_KEY to \
         it, and run `village admin adopt-master-key`",
        path.display()
    )
}

/// Held while the process uses what belongs to one process: the data folder, and the SQLite database wherever it is.
/// PostgreSQL is made for several processes.
pub fn locks(settings: &Settings) -> anyhow::Result<Option<(DataFolderLock, DatabaseLock)>> {
    let DatabaseUrl::Sqlite(path) = &settings.database.url else { return Ok(None) };
    let folder = DataFolderLock::acquire(&settings.data_dir)?;
    private_parent(path)?;
    Ok(Some((folder, DatabaseLock::acquire(path)?)))
}

fn private_parent(path: &Path) -> anyhow::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => private_folder(folder),
        None => Ok(()),
    }
}

/// As [`master_key`] for commands beside a server, which must not make a key of their own.
pub fn existing_master_key(settings: &Settings) -> anyhow::Result<MasterKey> {
    let path = settings.data_dir.join("master.key");
    if settings.master_key.is_none() && !path.exists() {
        bail!(
            "there is no {}: set VILLAGE_DATA_DIR to the server's data folder, or VILLAGE_MASTER_KEY to its key",
            path.display()
        );
    }
    master_key(settings, &Role::ALL)
}

fn key_file(path: &Path) -> anyhow::Result<MasterKey> {
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            let key = MasterKey::generate();
            file.write_all(key.as_bytes())?;
            file.sync_all()?;
            Ok(key)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let mode = fs::metadata(path)?.permissions().mode();
            if mode & 0o077 != 0 {
                bail!("{} can be read by others (mode {:o}); run `chmod 600` on it", path.display(), mode & 0o777);
            }
            let bytes: [u8; 32] = fs::read(path)?
                .try_into()
                .map_err(|_| anyhow::anyhow!("{} is damaged: it must be 32 bytes long", path.display()))?;
            Ok(MasterKey::from_bytes(bytes))
        }
        Err(error) => Err(error).with_context(|| format!("cannot make {}", path.display())),
    }
}

/// Connects to the database; says what to do when that fails.
pub async fn database(settings: &Settings) -> anyhow::Result<Db> {
    if let DatabaseUrl::Sqlite(path) = &settings.database.url {
        private_parent(path)?;
    }
    Db::connect(&settings.database).await.with_context(|| {
        format!("cannot open the database {:?}; check `database.url` and that the server runs", settings.database.url)
    })
}

/// Brings the schema up to date, or refuses to run on an old one.
pub async fn prepare_schema(settings: &Settings, db: &Db) -> anyhow::Result<()> {
    let schema = schema()?;
    match settings.migrate {
        Migrate::Auto => {
            for name in schema.apply(db).await? {
                tracing::info!(name, "migrated");
            }
        }
        Migrate::Never => {
            let pending = schema.pending(db).await?;
            if !pending.is_empty() {
                bail!("the database lacks {} migrations; run `village migrate` first", pending.len());
            }
        }
    }
    Ok(())
}

/// Hints between processes over Redis where one is set, else over PostgreSQL; within the process on SQLite.
pub async fn live(
    settings: &Settings,
    db: &Db,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> anyhow::Result<SharedLive> {
    if let Some(redis) = &settings.redis {
        let mut config = RedisConfig::new(redis.url.clone());
        config.cluster = redis.cluster;
        config.prefix.clone_from(&redis.prefix);
        if let Some(path) = &redis.ca_file {
            let pem = fs::read(path).with_context(|| format!("cannot read `redis.ca_file` {}", path.display()))?;
            config.ca_certificates = Some(pem);
        }
        let live = RedisLive::start(config, tasks, stop.clone()).await.context("the settings `redis.…`")?;
        return Ok(Arc::new(live));
    }
    Ok(match db.postgres_pool() {
        Some(pool) => Arc::new(PostgresLive::start(pool.clone(), stop.clone()).await?),
        None => Arc::new(InProcessLive::default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_readable_by_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let first = key_file(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(key_file(&path).unwrap().as_bytes(), first.as_bytes());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(key_file(&path).unwrap_err().to_string().contains("chmod 600"));
    }
}
