//! What can go wrong, and what the caller is told of it.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use village_db::WriteError;
use village_http::{FieldError, IdempotencyError, Problem};
use village_ports::ProfileError;

#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error("the e-mail address or the password is wrong")]
    InvalidCredentials,
    #[error("the refresh token is not valid")]
    InvalidRefreshToken,
    #[error("the account is suspended")]
    AccountSuspended,
    #[error("an invitation is required")]
    InvitationRequired,
    #[error("the invitation is not valid")]
    InvitationInvalid,
    #[error("there are too many open invitations")]
    TooManyInvitations,
    #[error("the handle is taken")]
    HandleTaken,
    #[error("the e-mail address is taken")]
    EmailTaken,
    #[error("the current password is wrong")]
    WrongPassword,
    #[error("the reset token is not valid")]
    InvalidResetToken,
    #[error("not found")]
    NotFound,
    #[error("fields are not right")]
    Invalid(Vec<FieldError>),
    #[error("too many attempts")]
    RateLimited(Duration),
    /// More passwords wait to be hashed than the queue holds.
    #[error("too many passwords wait to be hashed")]
    Busy,
    #[error("a key or hash could not be made: {0}")]
    Crypto(&'static str),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error(transparent)]
    Database(#[from] village_db::Error),
}

impl AuthError {
    pub(crate) fn field(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), code: code.into(), message: message.into() }])
    }
}

impl From<ProfileError> for AuthError {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::HandleTaken => Self::HandleTaken,
            ProfileError::Invalid { field, message } => Self::field(field, "invalid", message),
            ProfileError::Database(error) => Self::Database(error),
        }
    }
}

impl WriteError for AuthError {
    fn database(&self) -> Option<&village_db::Error> {
        match self {
            Self::Database(error) => Some(error),
            Self::Idempotency(error) => error.database(),
            _ => None,
        }
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let unauthorized = |code, detail| Problem::new(StatusCode::UNAUTHORIZED, code, detail);
        match error {
            AuthError::InvalidCredentials => {
                unauthorized("invalid_credentials", "The e-mail address or the password is not right.")
            }
            AuthError::InvalidRefreshToken => {
                unauthorized("invalid_refresh_token", "This session has ended. Log in again.")
            }
            AuthError::AccountSuspended => {
                Problem::forbidden("account_suspended", "This account is suspended. Ask the owner of the community.")
            }
            AuthError::InvitationRequired => {
                Problem::forbidden("invitation_required", "This community is by invitation: ask a member for one.")
            }
            AuthError::InvitationInvalid => Problem::forbidden(
                "invitation_invalid",
                "This invitation does not exist, was used already or has expired. Ask for a new one.",
            ),
            AuthError::TooManyInvitations => Problem::conflict(
                "too_many_invitations",
                "You have many unused invitations already. Use those, or wait until they expire.",
            ),
            AuthError::HandleTaken => Problem::conflict("handle_taken", "Somebody has this handle. Choose another."),
            AuthError::EmailTaken => {
                Problem::conflict("email_taken", "There is an account with this e-mail address. Log in instead.")
            }
            AuthError::WrongPassword => Problem::forbidden("wrong_password", "The current password is not right."),
            AuthError::InvalidResetToken => Problem::forbidden(
                "invalid_reset_token",
                "This reset link was used already or has expired. Ask for a new one.",
            ),
            AuthError::NotFound => Problem::not_found(),
            AuthError::Invalid(fields) => Problem::invalid_fields(fields),
            AuthError::RateLimited(retry_after) => Problem::rate_limited(retry_after),
            AuthError::Busy => Problem::unavailable(),
            AuthError::Crypto(what) => {
                tracing::error!(what, "a key or hash could not be made");
                Problem::internal()
            }
            AuthError::Idempotency(error) => error.into(),
            AuthError::Database(error) => Problem::from_database(&error),
        }
    }
}

impl IntoResponse for AuthError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
