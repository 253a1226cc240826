//! What `/readyz` asks of this process: that what it stands on can be written and read, not only reached.

use std::fs;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use village_db::Db;
use village_kernel::secret::random;
use village_telemetry::Readiness;

use crate::roles::Role;
use crate::settings::Settings;

/// More than a database that has been given its space already could still take on a full disk.
const PROBE_BYTES: usize = 64 * 1024;
/// The pages of an SQLite database are looked through this often at most.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// And so much less often than it takes: a hundredth of one core.
const LOOK_SHARE: u32 = 100;

pub fn of(settings: &Settings, roles: &[Role], db: &Db) -> Readiness {
    let mut checks = Readiness::builder();
    let database = db.clone();
    checks = checks.check("database", move || {
        let database = database.clone();
        async move { database.probe().await }
    });
    if let Some(file) = db.file() {
        let folder = Probe::of(file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")));
        checks = checks.check("disk", move || folder.clone().run());
    }
    if roles.contains(&Role::Posts) {
        // Without images, text still works: that is no reason to send requests elsewhere.
        let folder = Probe::of(&settings.blob_dir);
        checks = checks.partial("images", move || folder.clone().run());
    }
    checks.build()
}

/// Writes a file to the disk, reads it, and removes it.
#[derive(Clone)]
struct Probe {
    file: Arc<Path>,
    /// A disk that hangs holds one thread, however often it is asked.
    turn: Arc<Mutex<()>>,
}

impl Probe {
    fn of(folder: &Path) -> Self {
        let file: PathBuf = folder.join(format!(".village-probe-{:08x}", u32::from_be_bytes(random())));
        Self { file: file.into(), turn: Arc::default() }
    }

    async fn run(self) -> anyhow::Result<()> {
        let Ok(turn) = self.turn.try_lock_owned() else { bail!("the disk has not answered since the last probe") };
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let outcome = write_and_read(&self.file);
            let _ = fs::remove_file(&self.file);
            outcome.with_context(|| format!("cannot write to {}", self.file.display()))
        })
        .await?
    }
}

fn write_and_read(path: &Path) -> anyhow::Result<()> {
    let written = [random::<32>(); PROBE_BYTES / 32].concat();
    let mut options = fs::OpenOptions::new();
    let mut file = options.read(true).write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(&written)?;
    file.sync_all()?;
    file.rewind()?;
    let mut read = Vec::with_capacity(PROBE_BYTES);
    file.read_to_end(&mut read)?;
    ensure!(read == written, "what was read is not what was written");
    Ok(())
}

/// Looks through the database's pages again and again, so that damage is known before somebody needs the page.
pub async fn look_for_damage(db: Db, stop: CancellationToken) {
    if db.file().is_none() {
        return;
    }
    loop {
        let started = Instant::now();
        if let Err(error) = db.look_for_damage().await {
            tracing::error!(%error, "the database's pages could not be looked through");
        }
        let pause = LOOK_EVERY.max(started.elapsed() * LOOK_SHARE);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_probe_of_a_folder_leaves_nothing_and_says_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        Probe::of(folder.path()).run().await.unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let error = Probe::of(&folder.path().join("gone")).run().await.unwrap_err().to_string();
        assert!(error.contains("cannot write to"), "{error}");
    }
}
