//! What can go wrong, and what a person is told about it.

use village_db::WriteError;
use village_http::Problem;
use village_kernel::text::TextError;

#[derive(Debug, thiserror::Error)]
pub enum MessagingError {
    /// No such conversation or person, or none the caller may know of.
    #[error("there is no such conversation")]
    NotFound,
    #[error("a block stands between the two")]
    CannotSend,
    #[error("`{field}` {message}")]
    Invalid { field: &'static str, code: &'static str, message: String },
    /// The message was not written: a repeat, not a member, or blocked. Found out after the rollback.
    #[error("the message was refused")]
    Refused,
    #[error(transparent)]
    Database(#[from] village_db::Error),
}

impl MessagingError {
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
            MessagingError::Invalid { field, code, message } => Problem::invalid_field(field, code, message),
            MessagingError::Database(error) => Problem::from_database(&error),
        }
    }
}

impl WriteError for MessagingError {
    fn database(&self) -> Option<&village_db::Error> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}
