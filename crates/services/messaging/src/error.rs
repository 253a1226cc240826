//! What can go wrong, and what a person is told about it.

use std::time::Duration;

use village_db::WriteError;
use village_http::{IdempotencyError, Problem};
use village_kernel::text::TextError;
use village_ports::AttachError;

#[derive(Debug, thiserror::Error)]
pub enum MessagingError {
    /// No such conversation or person, or none the caller may know of.
    #[error("there is no such conversation")]
    NotFound,
    /// They have left, or nothing passes between the two. One code and one sentence for all causes: nobody is told that they
    /// were blocked.
    #[error("nothing can be sent or changed in this conversation")]
    CannotSend,
    #[error("only the owner and the admins do this")]
    NotAdmin,
    #[error("only the owner does this")]
    NotOwner,
    #[error("only groups have members, roles and links")]
    NotAGroup,
    #[error("the conversation has as many members as it may")]
    Full,
    /// The person has not answered yet whether they want to take part.
    #[error("the member has not accepted yet")]
    NotActive,
    #[error("it is not a request, or was answered")]
    NotRequested,
    #[error("a group needs an owner")]
    OwnerNeeded,
    #[error("too many wrong codes")]
    TooManyGuesses(Duration),
    /// It is what the caller wants already; the transaction is undone, so that no seq is lost.
    #[error("nothing to change")]
    Unchanged,
    #[error("the picture is not ready")]
    PictureNotReady,
    #[error("`{field}` {message}")]
    Invalid { field: &'static str, code: &'static str, message: String },
    /// The message was not written: a repeat, not a member, or blocked. Found out after the rollback.
    #[error("the message was refused")]
    Refused,
    /// Code and sentence of a 403.
    #[error("{1}")]
    Forbidden(&'static str, &'static str),
    /// Code and sentence of a 409.
    #[error("{1}")]
    Conflict(&'static str, &'static str),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error(transparent)]
    Database(#[from] village_db::Error),
}

impl MessagingError {
    pub(crate) const NOT_THE_SENDER: Self = Self::Forbidden("not_the_sender", "Only who sent a message can do that.");
    pub(crate) const MESSAGE_DELETED: Self = Self::Conflict("message_deleted", "This message was deleted.");
    /// To a device that has not heard of what another one wrote, or to a request that was under way for too long.
    pub(crate) const DRAFT_OUTDATED: Self =
        Self::Conflict("draft_outdated", "A newer draft was written meanwhile: read the conversation again.");
    pub(crate) const MEDIA_NOT_READY: Self =
        Self::Conflict("media_not_ready", "An image is still being prepared, or was rejected.");
    /// To who wrote to somebody that has not answered.
    pub(crate) const REQUEST_PENDING: Self =
        Self::Forbidden("request_pending", "Until they accept, you can send five messages, of text only.");
    pub(crate) const REQUEST_UNANSWERED: Self =
        Self::Forbidden("request_pending", "Accept the request first, or answer with a message.");
    /// To who follows a link into a group that an admin took them out of.
    pub(crate) const REMOVED: Self =
        Self::Forbidden("removed", "You were removed from this group: one of its admins has to add you again.");
    /// People who are not there, or not for the caller: why is not told.
    pub(crate) fn unknown_people(field: &'static str) -> Self {
        let message = "names somebody who does not exist".to_owned();
        Self::Invalid { field, code: "not_found", message }
    }

    pub(crate) fn picture(error: AttachError) -> Self {
        match error {
            AttachError::NotFound => {
                let message = "names an image that does not exist, is not yours, or is for another use".to_owned();
                Self::Invalid { field: "picture_media_id", code: "unknown", message }
            }
            AttachError::NotReady => Self::PictureNotReady,
            AttachError::Database(error) => Self::Database(error),
        }
    }

    pub(crate) fn text(field: &'static str, error: &TextError) -> Self {
        let code = match error {
            TextError::Empty => "empty",
            TextError::TooLong { .. } => "too_long",
            TextError::ControlCharacter => "invalid",
        };
        Self::Invalid { field, code, message: error.to_string() }
    }
}

impl From<MessagingError> for Problem {
    fn from(error: MessagingError) -> Self {
        match error {
            MessagingError::NotFound => Problem::not_found(),
            MessagingError::CannotSend | MessagingError::Refused => {
                Problem::forbidden("cannot_send", "You cannot send messages in this conversation.")
            }
            MessagingError::Forbidden(code, detail) => Problem::forbidden(code, detail),
            MessagingError::Conflict(code, detail) => Problem::conflict(code, detail),
            MessagingError::NotAdmin => {
                Problem::forbidden("not_an_admin", "Only the owner and the admins of this conversation may do this.")
            }
            MessagingError::NotOwner => {
                Problem::forbidden("not_the_owner", "Only the owner of this group may do this.")
            }
            MessagingError::NotAGroup => Problem::conflict("not_a_group", "This works in groups only."),
            MessagingError::Full => Problem::conflict("conversation_full", "A conversation has 1,000 members at most."),
            MessagingError::NotActive => {
                Problem::conflict("not_active", "This person has not accepted to take part yet.")
            }
            MessagingError::NotRequested => {
                Problem::conflict("not_requested", "There is nothing to accept or decline here, or not any more.")
            }
            MessagingError::OwnerNeeded => {
                Problem::conflict("owner_needed", "A group needs an owner: make somebody else the owner instead.")
            }
            MessagingError::TooManyGuesses(wait) => Problem::rate_limited(wait),
            MessagingError::Unchanged => Problem::conflict("unchanged", "It is like that already."),
            MessagingError::PictureNotReady => {
                Problem::conflict("media_not_ready", "The image is still being prepared. Try again in a moment.")
            }
            MessagingError::Idempotency(error) => error.into(),
            MessagingError::Invalid { field, code, message } => Problem::invalid_field(field, code, message),
            MessagingError::Database(error) => Problem::from_database(&error),
        }
    }
}

impl WriteError for MessagingError {
    fn database(&self) -> Option<&village_db::Error> {
        match self {
            Self::Database(error) => Some(error),
            Self::Idempotency(error) => error.database(),
            _ => None,
        }
    }
}
