//! What can go wrong, and what people are told.

use axum::response::{IntoResponse, Response};
use village_db::WriteError;
use village_http::Problem;

#[derive(Debug, thiserror::Error)]
pub enum NotificationsError {
    #[error(transparent)]
    Database(#[from] village_db::Error),
}

impl WriteError for NotificationsError {
    fn database(&self) -> Option<&village_db::Error> {
        match self {
            Self::Database(error) => Some(error),
        }
    }
}

impl From<NotificationsError> for Problem {
    fn from(error: NotificationsError) -> Self {
        match error {
            NotificationsError::Database(error) => Problem::from_database(&error),
        }
    }
}

impl IntoResponse for NotificationsError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
