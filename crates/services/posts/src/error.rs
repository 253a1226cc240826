//! What can go wrong here, and the one place that turns it into an answer.

use axum::http::StatusCode;
use village_db::WriteError;
use village_http::{FieldError, IdempotencyError, Problem};
use village_kernel::text::TextError;
use village_ports::AttachError;

#[derive(Debug, thiserror::Error)]
pub enum PostsError {
    /// Not there, or the viewer may not know of it.
    #[error("not found")]
    NotFound,
    #[error("only members of the channel post in it")]
    NotAMember,
    #[error("the slug is taken")]
    SlugTaken,
    #[error("only the owner of the channel does this")]
    NotChannelOwner,
    #[error("the owner cannot leave the channel")]
    OwnerCannotLeave,
    /// The viewer sees it but may not remove it.
    #[error("only its author and moderators delete this")]
    CannotDelete,
    #[error("an image is not ready")]
    MediaNotReady,
    #[error("the channel was changed meanwhile")]
    Changed,
    #[error("invalid input")]
    Invalid(Vec<FieldError>),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error(transparent)]
    Database(#[from] village_db::Error),
}

impl PostsError {
    pub(crate) fn field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), code: code.into(), message: message.into() }])
    }

    pub(crate) fn text(field: impl Into<String>, error: TextError) -> Self {
        let code = match error {
            TextError::Empty => "empty",
            TextError::TooLong { .. } => "too_long",
            TextError::ControlCharacter => "invalid_character",
        };
        Self::field(field, code, error.to_string())
    }
}

impl From<AttachError> for PostsError {
    fn from(error: AttachError) -> Self {
        match error {
            AttachError::NotFound => Self::field(
                "media",
                "unknown",
                "names an image that does not exist, is not yours, or is for another use",
            ),
            AttachError::NotReady => Self::MediaNotReady,
            AttachError::Database(error) => Self::Database(error),
        }
    }
}

impl From<PostsError> for Problem {
    fn from(error: PostsError) -> Self {
        match error {
            PostsError::NotFound => Problem::not_found(),
            PostsError::NotAMember => Problem::forbidden("not_a_member", "Join this channel before you post in it."),
            PostsError::SlugTaken => Problem::conflict("slug_taken", "There is already a channel at this address."),
            PostsError::NotChannelOwner => {
                Problem::forbidden("not_channel_owner", "Only the owner of the channel may do this.")
            }
            PostsError::OwnerCannotLeave => {
                Problem::conflict("owner_cannot_leave", "You own this channel, so you cannot leave it.")
            }
            PostsError::CannotDelete => {
                Problem::forbidden("cannot_delete", "Only its author and those who moderate here may delete this.")
            }
            PostsError::MediaNotReady => {
                Problem::conflict("media_not_ready", "An image is still being prepared. Try again in a moment.")
            }
            PostsError::Changed => Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "version_conflict",
                "Somebody changed this meanwhile. Read it again, then repeat your change.",
            ),
            PostsError::Invalid(fields) => Problem::invalid_fields(fields),
            PostsError::Idempotency(error) => error.into(),
            PostsError::Database(error) => Problem::from_database(&error),
        }
    }
}

impl WriteError for PostsError {
    fn database(&self) -> Option<&village_db::Error> {
        match self {
            Self::Database(error) => Some(error),
            Self::Idempotency(error) => error.database(),
            _ => None,
        }
    }
}
