//! Makes the sizes of an image from its upload.
//!
//! Safe to run twice, at the same time too, and to be killed anywhere: objects are written under fresh keys that the
//! garbage already names, and one transaction makes the image ready and takes its keys out of the garbage again.
//! Whoever comes second finds the image no longer waiting, and what it wrote is collected.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use village_blob::{BlobError, BlobKey};
use village_bus::{HandleError, RetryPolicy, Subscriber, Subscription};
use village_db::{Tx, transaction};
use village_events::{CloudEvent, Event, MediaUploaded};
use village_kernel::id::uuid_at;
use village_kernel::{MediaId, NotDone, in_background};
use village_picture::{Picture, draw};

use super::Media;
use super::drawing::Permit;
use super::model::{Reason, fresh_folder, size_key, size_name};
use crate::store::media::{self as store, Finished, Garbage, MediaRow};

pub const PROCESS_MEDIA: Subscription =
    Subscription { subscriber: "posts.process_media", event_types: &[MediaUploaded::TYPE] };

/// How long after they were announced objects of an unfinished attempt are deleted; far longer than an attempt takes.
const ATTEMPT_AGE: Duration = Duration::from_secs(3600);

/// An upload that began just before its URL expired may take so long to arrive.
const LATE_UPLOADS: Duration = Duration::from_secs(3600);

/// How long an image may wait for its turn and be drawn.
const TIME_LIMIT: Duration = Duration::from_secs(600);

/// Images that are handled at the same time, most of them waiting for their turn to be drawn: more than one person may
/// have waiting, so that others are among them.
const HANDLED_AT_ONCE: usize = 64;

pub struct ProcessMedia(pub Arc<Media>);

#[async_trait]
impl Subscriber for ProcessMedia {
    fn subscription(&self) -> Subscription {
        PROCESS_MEDIA
    }

    fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy { time_limit: TIME_LIMIT, ..RetryPolicy::default() }
    }

    fn concurrency(&self) -> usize {
        HANDLED_AT_ONCE
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let event: MediaUploaded = event.parse()?;
        self.0.process(event.media_id).await
    }
}

impl Media {
    async fn process(self: &Arc<Self>, id: MediaId) -> Result<(), HandleError> {
        let Some(row) = store::find_processing(&mut self.db.reader().await?, id).await? else {
            return Ok(());
        };
        // Before the bytes are read: what waits takes up no memory.
        let permit = self.drawing.permit(row.owner_id).await;
        let bytes = match self.blobs.read(&row.upload_key()?, self.settings.max_upload_bytes).await {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(Reason::Empty),
            Err(BlobError::TooLarge { .. }) => Err(Reason::TooLarge),
            Err(error) => return Err(retry(error)),
        };
        let drawn = match bytes {
            Ok(bytes) => self.draw(bytes, permit).await?,
            Err(reason) => Err(reason),
        };
        match drawn {
            Ok(picture) => self.finish(&row, picture).await?,
            Err(reason) => {
                tracing::info!(media_id = %id, ?reason, "an upload was rejected");
                metrics::counter!("village_media_processed_total", "outcome" => "rejected").increment(1);
                let now = self.clock.now();
                transaction!(&self.db, |tx| -> village_db::Result<()> {
                    if store::reject(tx, id, reason, now).await? {
                        self.let_go_of_upload(tx, &row).await?;
                    }
                    Ok(())
                })?;
            }
        }
        // Early, so that the original does not lie around; the garbage makes sure of it. Something has to lie there as long
        // as the upload's URL is good, which would work again otherwise.
        if let Err(error) = self.blobs.write(&row.upload_key()?, row.content_type.as_str(), Bytes::new()).await {
            tracing::warn!(%error, media_id = %id, "an upload could not be emptied yet");
        }
        Ok(())
    }

    async fn draw(&self, bytes: Bytes, permit: Permit) -> Result<Result<Picture, Reason>, HandleError> {
        let started = std::time::Instant::now();
        let drawn = in_background(move || {
            let _permit = permit;
            draw(&bytes).map_err(Reason::from)
        })
        .await;
        metrics::histogram!("village_media_draw_seconds").record(started.elapsed().as_secs_f64());
        match drawn {
            Ok(drawn) => Ok(drawn),
            Err(NotDone::Panicked) => {
                // A decoder's bug, met by this very file: it would be met again.
                tracing::error!("a picture made its decoder panic");
                Ok(Err(Reason::Corrupt))
            }
            Err(error @ NotDone::NoThread) => Err(HandleError::Retry(error.to_string())),
        }
    }

    async fn finish(&self, row: &MediaRow, picture: Picture) -> Result<(), HandleError> {
        let folder = fresh_folder(row.media_id);
        let now = self.clock.now();
        let keys: Vec<BlobKey> = picture.sizes.iter().map(|size| size_key(&folder, size_name(size.name))).collect();
        let objects: Vec<Garbage> = keys.iter().map(|key| Garbage::new(uuid_at(now), key)).collect();
        transaction!(&self.db, |tx| -> village_db::Result<()> {
            store::add_garbage(tx, &objects, now.plus(ATTEMPT_AGE)).await
        })?;
        let made = Finished {
            folder,
            blurhash: picture.blurhash,
            sizes: picture.sizes.iter().map(|size| (size_name(size.name), size.width, size.height)).collect(),
            stored_bytes: picture.sizes.iter().map(|size| size.jpeg.len() as u64).sum(),
        };
        for (key, size) in keys.iter().zip(picture.sizes) {
            self.blobs.write(key, "image/jpeg", size.jpeg.into()).await.map_err(retry)?;
        }
        let now = self.clock.now();
        let kept = transaction!(&self.db, |tx| -> village_db::Result<bool> {
            if !store::finish(tx, row.media_id, &made, now).await? {
                return Ok(true);
            }
            self.let_go_of_upload(tx, row).await?;
            if store::keep(tx, &objects).await? { Ok(true) } else { Err(village_db::Error::RowNotFound) }
        });
        match kept {
            Ok(_) => {
                metrics::counter!("village_media_processed_total", "outcome" => "ready").increment(1);
                Ok(())
            }
            Err(village_db::Error::RowNotFound) => {
                Err(HandleError::Retry("it took so long that its objects were collected".to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// In the transaction that ends an upload: names it to the garbage, for the time when no signed URL can bring it
    /// back, and tells whoever waits for the image.
    async fn let_go_of_upload(&self, tx: &mut Tx, row: &MediaRow) -> village_db::Result<()> {
        let object = Garbage::new(uuid_at(self.clock.now()), &row.upload_key()?);
        let settled_at = row.created_at.plus(self.settings.upload_lifetime).plus(LATE_UPLOADS);
        store::add_garbage(tx, &[object], settled_at).await?;
        self.tell_after_commit(tx, vec![row.media_id]);
        Ok(())
    }
}

fn retry(error: BlobError) -> HandleError {
    HandleError::Retry(error.to_string())
}
