//! `POST /media/{id}/complete`: the bytes are there, make an image of them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use village_db::transaction;
use village_events::MediaUploaded;
use village_http::{Caller, Json, Path, Problem};
use village_kernel::MediaId;

use super::model::{MediaState, MediaView};
use super::{Media, MediaError};
use crate::store::media as store;

/// Complete an upload
///
/// Then ask for the image until it is `ready` or `rejected`. May be repeated.
#[utoipa::path(
    post, path = "/media/{id}/complete", operation_id = "complete_upload", tag = "posts",
    params(("id" = MediaId, Path)),
    responses(
        (status = 202, description = "Its sizes are being made", body = MediaView),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`upload_missing` or `upload_mismatch`", body = Problem),
    ),
)]
pub async fn complete_upload(
    State(media): State<Arc<Media>>,
    Caller(viewer): Caller,
    Path(id): Path<MediaId>,
) -> Result<(StatusCode, Json<MediaView>), MediaError> {
    let row = store::find_owned(&mut media.db.reader().await?, viewer.user, id).await?.ok_or(MediaError::NotFound)?;
    if row.state == MediaState::Pending {
        let uploaded = media.blobs.head(&row.upload_key()?).await?.ok_or(MediaError::UploadMissing)?;
        if uploaded.length_bytes != row.declared_bytes as u64 {
            return Err(MediaError::UploadMismatch);
        }
        let now = media.clock.now();
        transaction!(&media.db, |tx| -> Result<(), MediaError> {
            // Announced by whoever moves it on, and so once.
            if store::begin_processing(tx, id, now).await? {
                media.outbox.publish(tx, &MediaUploaded { media_id: id }).await?;
            }
            Ok(())
        })?;
    }
    Ok((StatusCode::ACCEPTED, Json(media.view(viewer.user, id).await?)))
}
