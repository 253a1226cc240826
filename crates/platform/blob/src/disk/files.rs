//! The folder: files that appear whole or not at all, and survive a power cut once they have appeared.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tokio::io::AsyncReadExt;
use village_kernel::secret;

use crate::{BlobError, BlobKey, Result};

/// Where files are while they are written. No key begins with a dot, so nothing in here is ever served.
const INCOMING: &str = ".incoming";

#[derive(Clone)]
pub(super) struct Files {
    folder: Arc<Path>,
}

/// A file being written. Removed when dropped; [`Files::publish`] gives it its name first.
pub(super) struct Incoming {
    pub path: PathBuf,
    /// Holds the lock that tells [`Files::open`] of another process to leave the file alone.
    pub file: File,
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// What to do when the name is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IfTaken {
    Refuse,
    Replace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Published {
    Yes,
    /// Something lies there already and was left as it is.
    Taken,
}

impl Files {
    pub fn open(folder: &Path) -> io::Result<Self> {
        let incoming = folder.join(INCOMING);
        DirBuilder::new().recursive(true).mode(0o700).create(&incoming)?;
        // A folder that was there before may have been made with wider permissions.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(&incoming)? {
            let path = entry?.path();
            // Whoever writes a file holds its lock; the lock of a killed process is free.
            if File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
                let _ = fs::remove_file(&path);
            }
        }
        Ok(Self { folder: folder.into() })
    }

    fn path(&self, key: &BlobKey) -> PathBuf {
        self.folder.join(key.as_str())
    }

    /// A new, empty, nameless-to-clients file.
    pub fn incoming(&self) -> io::Result<Incoming> {
        let name: String = secret::random::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
        let path = self.folder.join(INCOMING).join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let incoming = Incoming { path, file };
        incoming.file.lock()?;
        Ok(incoming)
    }

    /// Gives the file its name, in one step that no reader sees half of, and returns once file and name are on disk.
    pub fn publish(&self, incoming: Incoming, key: &BlobKey, if_taken: IfTaken) -> io::Result<Published> {
        incoming.file.sync_all()?;
        let path = self.path(key);
        let parent = path.parent().unwrap_or(&self.folder);
        // `delete` clears away empty folders, perhaps between these two steps.
        let mut attempts = 3;
        loop {
            DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
            let named = match if_taken {
                IfTaken::Refuse => fs::hard_link(&incoming.path, &path),
                IfTaken::Replace => fs::rename(&incoming.path, &path),
            };
            attempts -= 1;
            match named {
                Ok(()) => break,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(Published::Taken),
                Err(error) if error.kind() == ErrorKind::NotFound && attempts > 0 => {}
                Err(error) => return Err(error),
            }
        }
        self.sync_folders(parent)?;
        Ok(Published::Yes)
    }

    /// Makes names durable: those in `folder`, and those of the folders above it, which may be new.
    fn sync_folders(&self, folder: &Path) -> io::Result<()> {
        for folder in folder.ancestors().take_while(|folder| folder.starts_with(&self.folder)) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    pub async fn exists(&self, key: &BlobKey) -> io::Result<bool> {
        tokio::fs::try_exists(self.path(key)).await
    }

    /// The object's file, `None` when there is none.
    pub async fn read_only(&self, key: &BlobKey) -> io::Result<Option<tokio::fs::File>> {
        match tokio::fs::File::open(self.path(key)).await {
            Ok(file) if file.metadata().await?.is_file() => Ok(Some(file)),
            Ok(_) => Ok(None),
            // A part of the path is itself an object: there is nothing below it.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub async fn read(&self, key: &BlobKey, limit_bytes: u64) -> Result<Option<Bytes>> {
        let Some(file) = self.read_only(key).await? else { return Ok(None) };
        let length_bytes = file.metadata().await?.len();
        if length_bytes > limit_bytes {
            return Err(BlobError::TooLarge { length_bytes, limit_bytes });
        }
        let mut bytes = Vec::with_capacity(length_bytes as usize);
        file.take(limit_bytes).read_to_end(&mut bytes).await?;
        Ok(Some(bytes.into()))
    }

    pub async fn write(&self, key: &BlobKey, bytes: Bytes) -> Result<()> {
        let (files, key) = (self.clone(), key.clone());
        blocking(move || {
            let mut incoming = files.incoming()?;
            incoming.file.write_all(&bytes)?;
            files.publish(incoming, &key, IfTaken::Replace).map(|_| ())
        })
        .await
    }

    pub async fn delete(&self, key: &BlobKey) -> Result<()> {
        let (files, path) = (self.clone(), self.path(key));
        blocking(move || {
            match fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
                Err(error) => return Err(error),
            }
            // Folders that are now empty go too; the first that is not ends the walk.
            let mut folder = path.parent().unwrap_or(&files.folder);
            while folder != &*files.folder && fs::remove_dir(folder).is_ok() {
                folder = folder.parent().unwrap_or(&files.folder);
            }
            match File::open(folder) {
                Ok(folder) => folder.sync_all(),
                // Somebody else's deletion emptied and removed it meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Writes and removes a small file.
    pub async fn probe(&self) -> Result<()> {
        let files = self.clone();
        blocking(move || {
            let mut incoming = files.incoming()?;
            incoming.file.write_all(b"probe")?;
            incoming.file.sync_all()
        })
        .await
    }
}

/// Runs file work off the async threads.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => Ok(outcome?),
        Err(error) => Err(BlobError::Unavailable(error.to_string())),
    }
}
