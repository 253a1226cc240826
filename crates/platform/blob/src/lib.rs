//! Where image files lie, and the signed URLs by which clients reach them without passing through a service.
//!
//! [`BlobStore`] is the capability. [`DiskBlobs`] is the default adapter: files in one folder, served by its own
//! [`DiskBlobs::router`]. A store knows keys and bytes; whose they are and who may see them is decided by whoever
//! asks it to sign. `tests/contract` holds the rules that every adapter keeps.

mod disk;
mod key;

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use village_kernel::Instant;

pub use disk::{DiskBlobs, UPLOAD_TIMEOUT, UploadLimits};
pub use key::{BlobKey, InvalidKey};

/// An address that lets whoever holds it do one thing with one object until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedUrl {
    pub url: String,
    /// Never later than asked for; sooner when the credentials that signed it end sooner.
    pub expires_at: Instant,
}

/// How to send one object, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedUpload {
    pub method: &'static str,
    pub url: String,
    /// Headers to send exactly as they are. `Content-Length` is signed too and is not among them: every client
    /// sends it by itself, and browsers forbid setting it.
    pub headers: BTreeMap<&'static str, String>,
    pub expires_at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobInfo {
    pub length_bytes: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The object is longer than the reader was willing to hold.
    #[error("the object is {length_bytes} bytes long, more than the {limit_bytes} asked for")]
    TooLarge { length_bytes: u64, limit_bytes: u64 },
    /// The store does not answer or refuses; trying again later may help.
    #[error("the blob store is unavailable: {0}")]
    Unavailable(String),
}

impl From<std::io::Error> for BlobError {
    fn from(error: std::io::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

pub type Result<T> = std::result::Result<T, BlobError>;

/// Holds objects under keys. An object, once there, never changes: a new content gets a new key.
#[async_trait]
pub trait BlobStore: Send + Sync + 'static {
    /// A URL by which exactly `length_bytes` bytes of `content_type` can be put under `key`, if nothing lies there
    /// yet. What was answered with 200 is durable; anything else changed nothing. Uploads of one person have keys below
    /// `uploads/<person>/`, by which a store that receives them itself keeps people apart.
    fn presign_put(
        &self,
        key: &BlobKey,
        content_type: &str,
        length_bytes: u64,
        expires_at: Instant,
    ) -> Result<SignedUpload>;

    /// A URL by which the object can be read. The same arguments give the same URL, so that browsers cache it.
    fn presign_get(&self, key: &BlobKey, expires_at: Instant) -> Result<SignedUrl>;

    /// `None` when there is no such object.
    async fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>>;

    /// The whole object, `None` when there is none; [`BlobError::TooLarge`] when it is longer than `limit_bytes`.
    async fn read(&self, key: &BlobKey, limit_bytes: u64) -> Result<Option<Bytes>>;

    /// Stores an object; durable when this returns. Replaces what lies there, so that it can be tried again.
    async fn write(&self, key: &BlobKey, content_type: &str, bytes: Bytes) -> Result<()>;

    /// Removes the object; nothing happens when there is none.
    async fn delete(&self, key: &BlobKey) -> Result<()>;

    /// Whether objects can be stored now; what readiness checks use.
    async fn health(&self) -> Result<()>;
}
