//! `POST /media`: an id, and where to send the bytes.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_http::{Caller, Idempotency, IdempotencyKeyHeader, Json, Problem};
use village_kernel::MediaId;
use village_ports::MediaPurpose;

use super::model::{ContentType, MediaCreated, MediaUpload, fresh_upload_key};
use super::{Media, MediaError};
use crate::store::media::{self as store, MediaRow, NewUpload, Quota, Reserved};

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMedia {
    #[schema(value_type = ContentType, example = "image/jpeg")]
    pub content_type: String,
    /// Bytes of the file, up to 20 MiB.
    #[schema(minimum = 1, maximum = 20_971_520, example = 482_113)]
    pub length: u64,
    pub purpose: MediaPurpose,
}

/// Begin an upload
///
/// Then send the file to `upload.url`, and complete.
#[utoipa::path(
    post, path = "/media", operation_id = "begin_upload", tag = "posts",
    params(IdempotencyKeyHeader),
    request_body = NewMedia,
    responses(
        (status = 201, description = "Send the bytes now", body = MediaCreated),
        (status = 409, description = "`media_quota_exceeded`: your images take up all they may", body = Problem),
        (status = 422, description = "`invalid_request`", body = Problem),
        (status = 429, description = "`media_quota_exceeded`: too many unfinished uploads", body = Problem),
    ),
)]
pub async fn begin_upload(
    State(media): State<Arc<Media>>,
    Caller(viewer): Caller,
    idempotency: Idempotency,
    Json(new): Json<NewMedia>,
) -> Result<(StatusCode, Json<MediaCreated>), MediaError> {
    let max_bytes = media.settings.max_upload_bytes;
    if new.length == 0 || new.length > max_bytes {
        return Err(MediaError::WrongLength { length_bytes: new.length, max_bytes });
    }
    let content_type: ContentType = new.content_type.parse().map_err(MediaError::Unsupported)?;
    let now = media.clock.now();
    let id = MediaId::new(now);
    let key = fresh_upload_key(viewer.user, id).parse().expect("an upload key is a valid key");
    let upload = NewUpload {
        media: id,
        owner: viewer.user,
        purpose: new.purpose,
        content_type,
        length_bytes: new.length,
        key,
        created_at: now,
    };
    let quota = media.quota();
    let row = transaction!(&media.db, |tx| -> Result<MediaRow, MediaError> {
        let id = match idempotency.claim(tx, viewer.user, &new, id, now).await? {
            Some(made) => MediaId(made),
            None => {
                match store::reserve(tx, viewer.user, new.length, quota).await? {
                    Reserved::Yes => store::insert_upload(tx, &upload).await?,
                    Reserved::TooManyPending => return Err(MediaError::TooManyPending),
                    Reserved::Full => return Err(MediaError::QuotaExceeded),
                }
                id
            }
        };
        store::find_owned(tx, viewer.user, id).await?.ok_or(MediaError::NotFound)
    })?;
    Ok((StatusCode::CREATED, Json(media.created(&row)?)))
}

impl Media {
    fn quota(&self) -> Quota {
        Quota {
            items: i64::from(self.settings.max_items),
            pending: i64::from(self.settings.max_pending),
            bytes: i64::try_from(self.settings.max_bytes).unwrap_or(i64::MAX),
        }
    }

    /// The URL depends on when the upload began and on nothing later, so a retried request gets the same one, and
    /// none is good after the time at which the upload's key is cleared for the last time.
    fn created(&self, row: &MediaRow) -> Result<MediaCreated, MediaError> {
        let signed = self.blobs.presign_put(
            &row.upload_key()?,
            row.content_type.as_str(),
            row.declared_bytes as u64,
            row.created_at.plus(self.settings.upload_lifetime),
        )?;
        let headers = signed.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let upload =
            MediaUpload { method: signed.method.to_owned(), url: signed.url, headers, expires_at: signed.expires_at };
        Ok(MediaCreated { id: row.media_id, state: row.state, upload })
    }
}
