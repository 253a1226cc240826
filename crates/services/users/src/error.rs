//! What can go wrong, and what people are told.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use village_db::WriteError;
use village_http::{FieldError, Problem};

#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// Also for those who blocked the caller and for suspended people.
    #[error("there is no such person")]
    NotFound,
    #[error("following or blocking oneself")]
    Yourself,
    #[error("the profile was changed meanwhile")]
    VersionConflict,
    #[error("a field breaks a rule")]
    Invalid(Vec<FieldError>),
    #[error("the avatar is not an image of the caller's for that purpose")]
    AvatarNotUsable,
    #[error("the avatar is not processed yet")]
    AvatarNotReady,
    #[error(transparent)]
    Database(#[from] village_db::Error),
}

impl UsersError {
    pub(crate) fn misleading(message: &str) -> Self {
        let (field, code) = ("display_name".to_owned(), "misleading".into());
        Self::Invalid(vec![FieldError { field, code, message: message.to_owned() }])
    }
}

impl WriteError for UsersError {
    fn database(&self) -> Option<&village_db::Error> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

impl From<UsersError> for Problem {
    fn from(error: UsersError) -> Self {
        match error {
            UsersError::NotFound => Problem::not_found(),
            UsersError::Yourself => Problem::invalid_field("user_id", "yourself", "is you"),
            UsersError::VersionConflict => Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "version_conflict",
                "The profile was changed meanwhile. Read it again and repeat your change.",
            ),
            UsersError::Invalid(fields) => Problem::invalid_fields(fields),
            UsersError::AvatarNotUsable => {
                Problem::invalid_field("avatar_media_id", "not_usable", "is not an avatar image of yours")
            }
            UsersError::AvatarNotReady => Problem::conflict(
                "media_not_ready",
                "The image is still being processed, or was rejected. See `GET /media/{id}`.",
            ),
            UsersError::Database(error) => Problem::from_database(&error),
        }
    }
}

impl IntoResponse for UsersError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
