//! Owned by posts: images, and the signed URLs they are read by.

use std::collections::HashMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use village_db::Tx;
use village_kernel::{Instant, MediaId, UserId};

/// What an image was uploaded for; it can be used for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum MediaPurpose {
    Post,
    Avatar,
    /// For a message of a conversation.
    Message,
}

/// An image in its sizes. The URLs are signed and live for minutes; fetch the thing it belongs to again
/// once `expires_at` has passed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Image {
    pub media_id: MediaId,
    /// Pixels of the largest size.
    pub width: u32,
    pub height: u32,
    #[schema(example = "LKO2?U%2Tw=w]~RBVZRi};RPxuwH")]
    pub blurhash: String,
    /// What a person who cannot see the image should know; may be empty.
    pub alt: String,
    /// From small to large; a size larger than the original is left out.
    pub sizes: Vec<ImageSize>,
    pub expires_at: Instant,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImageSize {
    pub name: SizeName,
    pub url: String,
    pub width: u32,
    pub height: u32,
}

/// Fits a square of 320, 960 or 2048 pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SizeName {
    Small,
    Medium,
    Large,
}

#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// Unknown, somebody else's, for another purpose, or in another post already.
    #[error("there is no such image")]
    NotFound,
    #[error("the image is still being processed or was rejected")]
    NotReady,
    #[error(transparent)]
    Database(#[from] village_db::Error),
}

#[async_trait]
pub trait MediaAccess: Send + Sync {
    /// The images among `ids` that are ready, with URLs signed now. The caller has already decided that the
    /// viewer may see what they belong to; `alt` is empty.
    async fn images(&self, ids: &[MediaId]) -> village_db::Result<HashMap<MediaId, Image>>;

    /// Marks `media` of `owner` as in use inside the caller's transaction, so that it is not swept as an orphan.
    async fn attach(
        &self,
        tx: &mut Tx,
        owner: UserId,
        purpose: MediaPurpose,
        media: &[MediaId],
    ) -> Result<(), AttachError>;

    /// Gives up images of a deleted thing inside the caller's transaction: they are shown no more, and their files
    /// are deleted soon after. What is not in use is left alone. A double that stores no files need not do anything.
    async fn release(&self, _tx: &mut Tx, _media: &[MediaId]) -> village_db::Result<()> {
        Ok(())
    }
}
