//! [`MediaAccess`]: images for whoever has been found entitled to them, and their use by posts and profiles.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use village_db::Tx;
use village_kernel::{Instant, MediaId, UserId};
use village_ports::{AttachError, Image, ImageSize, MediaAccess, MediaPurpose};

use super::Media;
use super::model::size_key;
use crate::store::media::{self as store, Attached, ReadyRow};

/// For so long everybody gets the same URL of an image, so that browsers cache it. It is good for as long again.
const BUCKET_MICROS: i64 = 15 * 60 * 1_000_000;

/// When URLs of `media` that are signed now expire: 15 to 30 minutes from now. Each image has its own moment at which
/// the next bucket begins, so that not all of a page expire together.
pub fn expiry(media: MediaId, now: Instant) -> Instant {
    let (_, low) = media.0.as_u64_pair();
    let offset = (low % BUCKET_MICROS as u64) as i64;
    let bucket = (now.as_micros() - offset).div_euclid(BUCKET_MICROS);
    Instant::from_micros((bucket + 2) * BUCKET_MICROS + offset)
}

#[async_trait]
impl MediaAccess for Media {
    async fn images(&self, ids: &[MediaId]) -> village_db::Result<HashMap<MediaId, Image>> {
        let mut found: HashMap<MediaId, Arc<ReadyRow>> = HashMap::with_capacity(ids.len());
        let mut missing = BTreeSet::new();
        for id in ids {
            match self.ready.get(id) {
                Some(row) => {
                    found.insert(*id, row);
                }
                None => {
                    missing.insert(*id);
                }
            }
        }
        if !missing.is_empty() {
            let missing: Vec<MediaId> = missing.into_iter().collect();
            for row in store::ready(&mut self.db.reader().await?, &missing).await? {
                let row = Arc::new(row);
                self.ready.insert(row.media_id, row.clone());
                found.insert(row.media_id, row);
            }
        }
        let now = self.clock.now();
        Ok(found.into_iter().filter_map(|(id, row)| Some((id, self.sign(&row, now)?))).collect())
    }

    async fn attach(
        &self,
        tx: &mut Tx,
        owner: UserId,
        purpose: MediaPurpose,
        media: &[MediaId],
    ) -> Result<(), AttachError> {
        let ids: BTreeSet<MediaId> = media.iter().copied().collect();
        if ids.is_empty() {
            return Ok(());
        }
        match store::attach(tx, owner, purpose, &ids).await? {
            Attached::Yes => Ok(()),
            Attached::NotFound => Err(AttachError::NotFound),
            Attached::NotReady => Err(AttachError::NotReady),
        }
    }

    async fn release(&self, tx: &mut Tx, media: &[MediaId]) -> village_db::Result<()> {
        let released = store::release(tx, media, self.clock.now()).await?;
        self.tell_after_commit(tx, released);
        Ok(())
    }
}

impl Media {
    /// `None` when the store cannot sign at the moment: the page is shown without the image.
    fn sign(&self, row: &ReadyRow, now: Instant) -> Option<Image> {
        let mut expires_at = expiry(row.media_id, now);
        let mut sizes = Vec::with_capacity(3);
        for (name, width, height) in row.sizes() {
            match self.blobs.presign_get(&size_key(&row.folder, name), expires_at) {
                Ok(signed) => {
                    expires_at = expires_at.min(signed.expires_at);
                    sizes.push(ImageSize { name, url: signed.url, width, height });
                }
                Err(error) => {
                    tracing::warn!(%error, media_id = %row.media_id, "an image could not be signed");
                    return None;
                }
            }
        }
        let (width, height) = sizes.last().map(|size| (size.width, size.height))?;
        let (media_id, blurhash) = (row.media_id, row.blurhash.clone());
        Some(Image { media_id, width, height, blurhash, alt: String::new(), sizes, expires_at })
    }
}
