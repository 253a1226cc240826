//! What can go wrong with an upload.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use village_blob::BlobError;
use village_db::WriteError;
use village_http::{IdempotencyError, Problem};

use super::model::Unsupported;

#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("there is no such image")]
    NotFound,
    #[error("an image of {length_bytes} bytes is not between 1 and {max_bytes}")]
    WrongLength { length_bytes: u64, max_bytes: u64 },
    #[error("files of this type are not taken in: {0:?}")]
    Unsupported(Unsupported),
    #[error("the person's images take up all they may")]
    QuotaExceeded,
    #[error("too many of the person's images are not ready yet")]
    TooManyPending,
    #[error("nothing was uploaded")]
    UploadMissing,
    #[error("another length was uploaded than declared")]
    UploadMismatch,
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error(transparent)]
    Database(#[from] village_db::Error),
}

impl WriteError for MediaError {
    fn database(&self) -> Option<&village_db::Error> {
        match self {
            Self::Database(error) | Self::Idempotency(IdempotencyError::Database(error)) => Some(error),
            _ => None,
        }
    }
}

impl From<MediaError> for Problem {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::NotFound => Problem::not_found(),
            MediaError::WrongLength { length_bytes: 0, .. } => {
                Problem::invalid_field("length", "too_small", "must be at least 1 byte")
            }
            MediaError::WrongLength { max_bytes, .. } => {
                Problem::invalid_field("length", "too_large", format!("is more than {max_bytes} bytes"))
            }
            MediaError::Unsupported(kind) => {
                let (code, message) = match kind {
                    Unsupported::Heic => (
                        "heic_not_supported",
                        "HEIC is not taken in. Convert the photo to JPEG, or set the camera to its most compatible format",
                    ),
                    Unsupported::Avif => {
                        ("avif_not_supported", "AVIF is not taken in. Convert the image to JPEG or PNG")
                    }
                    Unsupported::Other => ("unknown", "must be image/jpeg, image/png, image/webp or image/gif"),
                };
                Problem::invalid_field("content_type", code, message)
            }
            MediaError::QuotaExceeded => Problem::conflict(
                "media_quota_exceeded",
                "Your images take up all the space you have. Delete some posts with images first.",
            ),
            MediaError::TooManyPending => Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "media_quota_exceeded",
                "Too many of your uploads are unfinished. Finish them, or try again later.",
            )
            .retry_after(Duration::from_secs(60)),
            MediaError::UploadMissing => Problem::conflict(
                "upload_missing",
                "The file has not arrived. Send it to the upload address first, then complete.",
            ),
            MediaError::UploadMismatch => Problem::conflict(
                "upload_mismatch",
                "The file that arrived is not as long as was declared. Start again with a new upload.",
            ),
            MediaError::Idempotency(error) => error.into(),
            MediaError::Blob(error) => {
                tracing::error!(%error, "the blob store failed a request");
                Problem::unavailable()
            }
            MediaError::Database(error) => Problem::from_database(&error),
        }
    }
}

impl IntoResponse for MediaError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
