//! `GET /media/{id}`: how far an image is.

use std::sync::Arc;

use axum::extract::State;
use village_http::{Caller, Json, Path, Problem};
use village_kernel::{MediaId, UserId};
use village_ports::MediaAccess;

use super::model::{MediaState, MediaView};
use super::{Media, MediaError};
use crate::store::media as store;

/// Show an upload
///
/// To its owner only. Others see an image as part of what it belongs to.
#[utoipa::path(
    get, path = "/media/{id}", operation_id = "show_media", tag = "posts",
    params(("id" = MediaId, Path)),
    responses(
        (status = 200, description = "The image as it is now", body = MediaView),
        (status = 404, description = "`not_found`", body = Problem),
    ),
)]
pub async fn show_media(
    State(media): State<Arc<Media>>,
    Caller(viewer): Caller,
    Path(id): Path<MediaId>,
) -> Result<Json<MediaView>, MediaError> {
    Ok(Json(media.view(viewer.user, id).await?))
}

impl Media {
    pub(super) async fn view(&self, owner: UserId, id: MediaId) -> Result<MediaView, MediaError> {
        let row = store::find_owned(&mut self.db.reader().await?, owner, id).await?.ok_or(MediaError::NotFound)?;
        let image = match row.state {
            MediaState::Ready => self.images(&[id]).await?.remove(&id),
            _ => None,
        };
        Ok(MediaView { id, state: row.state, purpose: row.purpose, reason: row.reason, image })
    }
}
