//! Images: `POST /media` gives an id and a signed upload, the client sends the bytes straight to the blob store and
//! completes, and a subscriber draws the sizes that others see. What arrives is never served, only what was drawn.
//!
//! ```text
//! pending ── complete ──► processing ──┬─► ready     (used by a post or profile, or swept after a day)
//!    └── a day without ──► swept       └─► rejected  (with a reason; swept after a day)
//! ```
//!
//! Nothing here decides who may see an image: whoever asks [`village_ports::MediaAccess`] for URLs already has.

mod begin_upload;
mod complete_upload;
mod drawing;
mod error;
mod images;
mod model;
mod on_media_uploaded;
mod settings;
mod show;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use village_blob::BlobStore;
use village_bus::{Outbox, Subscriber, Subscription};
use village_db::{Db, Tx};
use village_kernel::{Clock, MediaId};
use village_live::{Hint, Received, SharedLive, Topic};

pub use begin_upload::NewMedia;
pub use error::MediaError;
pub use images::expiry;
pub use model::{ContentType, MediaCreated, MediaState, MediaUpload, MediaView, Reason, size_key};
pub use on_media_uploaded::{PROCESS_MEDIA, ProcessMedia};
pub use settings::MediaSettings;
pub use sweep::Swept;

use crate::store::media::ReadyRow;
use drawing::Drawing;

pub const SUBSCRIPTIONS: &[Subscription] = &[PROCESS_MEDIA];

/// Ready images kept in memory (some 300 bytes each), and for how long when no hint says otherwise.
const CACHED_IMAGES: u64 = 50_000;
const CACHED_FOR: Duration = Duration::from_secs(60);

pub struct Media {
    db: Db,
    clock: Arc<dyn Clock>,
    outbox: Outbox,
    live: SharedLive,
    blobs: Arc<dyn BlobStore>,
    settings: MediaSettings,
    /// Where the sizes of ready images are; URLs are signed anew each time.
    ready: Cache<MediaId, Arc<ReadyRow>>,
    drawing: Arc<Drawing>,
}

impl Media {
    /// Inside a Tokio runtime: a task listens for images that change, for as long as this lives.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        outbox: Outbox,
        live: SharedLive,
        blobs: Arc<dyn BlobStore>,
        settings: MediaSettings,
    ) -> Arc<Self> {
        let ready = Cache::builder().max_capacity(CACHED_IMAGES).time_to_live(CACHED_FOR).build();
        let drawing = Drawing::new(settings.workers);
        tokio::spawn(forget_changed(ready.clone(), live.subscribe(&[Topic::Media])));
        Arc::new(Self { db, clock, outbox, live, blobs, settings, ready, drawing })
    }

    pub fn router(self: &Arc<Self>) -> OpenApiRouter {
        OpenApiRouter::new()
            .routes(routes!(begin_upload::begin_upload))
            .routes(routes!(complete_upload::complete_upload))
            .routes(routes!(show::show_media))
            .with_state(self.clone())
    }

    pub fn subscribers(self: &Arc<Self>) -> Vec<Arc<dyn Subscriber>> {
        vec![Arc::new(ProcessMedia(self.clone()))]
    }

    /// Every node drops these from its cache, and whoever waits for one looks again.
    fn tell_after_commit(&self, tx: &mut Tx, changed: Vec<MediaId>) {
        let live = self.live.clone();
        tx.after_commit(move || changed.into_iter().for_each(|id| live.publish(Hint::new(Topic::Media, id))));
    }
}

/// Drops from the cache what somebody says has changed. Ends with the hints.
async fn forget_changed(ready: Cache<MediaId, Arc<ReadyRow>>, mut hints: village_live::Subscription) {
    while let Some(received) = hints.next().await {
        match received {
            Received::Hint(hint) if hint.topic == Topic::Media => ready.invalidate(&MediaId(hint.key)),
            Received::Hint(_) => {}
            Received::Missed => ready.invalidate_all(),
        }
    }
}
