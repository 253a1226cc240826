//! Files in one folder. For one machine, or several that share the folder.

mod files;
mod serve;
mod sign;
mod transfers;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use village_kernel::secret::DerivedKey;
use village_kernel::{Clock, Instant};

use crate::{BlobInfo, BlobKey, BlobStore, Result, SignedUpload, SignedUrl};
use files::Files;
use sign::{Grant, Signer, Upload};
use transfers::Transfers;
pub use transfers::UploadLimits;

/// How long an upload may take as a whole, however slowly it comes.
pub const UPLOAD_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Objects are files below one folder, readable by the server's user only. URLs are signed with a key of the
/// server and answered by [`DiskBlobs::router`].
pub struct DiskBlobs {
    files: Files,
    signer: Signer,
    clock: Arc<dyn Clock>,
    transfers: Arc<Transfers>,
}

impl DiskBlobs {
    /// Opens the folder, makes it when it is missing, and clears away what a killed process left half received.
    /// `public_url` is the origin (and path, if any) under which clients reach the router.
    pub fn open(folder: &Path, public_url: &str, key: DerivedKey, clock: Arc<dyn Clock>) -> io::Result<Arc<Self>> {
        Self::open_with(folder, public_url, key, clock, UploadLimits::default())
    }

    pub fn open_with(
        folder: &Path,
        public_url: &str,
        key: DerivedKey,
        clock: Arc<dyn Clock>,
        limits: UploadLimits,
    ) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            files: Files::open(folder)?,
            signer: Signer::new(public_url, key),
            clock,
            transfers: Transfers::new(limits),
        }))
    }

    /// `GET` and `PUT /blobs/…`. The signature in the URL is all that is asked for: these routes take no token.
    pub fn router(self: &Arc<Self>) -> Router {
        serve::router(self.clone())
    }
}

#[async_trait]
impl BlobStore for DiskBlobs {
    fn presign_put(
        &self,
        key: &BlobKey,
        content_type: &str,
        length_bytes: u64,
        expires_at: Instant,
    ) -> Result<SignedUpload> {
        let upload = Upload { content_type: content_type.to_owned(), length_bytes };
        Ok(SignedUpload {
            method: "PUT",
            url: self.signer.url(&Grant { key: key.clone(), expires_at, upload: Some(upload) }),
            headers: BTreeMap::from([("Content-Type", content_type.to_owned()), ("If-None-Match", "*".to_owned())]),
            expires_at,
        })
    }

    fn presign_get(&self, key: &BlobKey, expires_at: Instant) -> Result<SignedUrl> {
        let url = self.signer.url(&Grant { key: key.clone(), expires_at, upload: None });
        Ok(SignedUrl { url, expires_at })
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>> {
        let Some(file) = self.files.read_only(key).await? else { return Ok(None) };
        Ok(Some(BlobInfo { length_bytes: file.metadata().await?.len() }))
    }

    async fn read(&self, key: &BlobKey, limit_bytes: u64) -> Result<Option<Bytes>> {
        self.files.read(key, limit_bytes).await
    }

    async fn write(&self, key: &BlobKey, _content_type: &str, bytes: Bytes) -> Result<()> {
        self.files.write(key, bytes).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<()> {
        self.files.delete(key).await
    }

    async fn health(&self) -> Result<()> {
        self.files.probe().await
    }
}
