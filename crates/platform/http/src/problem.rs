//! Errors as people and programs see them: RFC 9457 problem details with a stable `code`.

use std::borrow::Cow;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};

/// `application/problem+json`. `code` is what programs branch on and never changes; `detail` is a sentence
/// for people. What the log should know is logged where the error is made, never put in here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the code says which problem it is.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub problem_type: Cow<'static, str>,
    #[schema(example = "Not Found")]
    pub title: Cow<'static, str>,
    #[schema(example = 404)]
    pub status: u16,
    #[schema(example = "not_found")]
    pub code: Cow<'static, str>,
    #[schema(example = "There is nothing here, or you may not see it.")]
    pub detail: Cow<'static, str>,
    /// Quote it when you report a problem. Filled in on the way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Which fields are wrong, when that is the problem.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub fields: Vec<FieldError>,
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    #[schema(example = "handle")]
    pub field: String,
    #[schema(example = "too_long")]
    pub code: Cow<'static, str>,
    #[schema(example = "is longer than 30 characters")]
    pub message: String,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            problem_type: "about:blank".into(),
            title: status.canonical_reason().unwrap_or("Error").into(),
            status: status.as_u16(),
            code: code.into(),
            detail: detail.into(),
            request_id: None,
            fields: Vec::new(),
            retry_after: None,
        }
    }

    /// What does not exist and what the caller may not know of: the same words for both.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here, or you may not see it.")
    }

    pub fn unauthenticated(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
    }

    pub fn forbidden(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    pub fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 422 for one field: `message` follows the field's name ("is longer than 30 characters").
    pub fn invalid_field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::invalid_fields(vec![FieldError { field: field.into(), code: code.into(), message: message.into() }])
    }

    pub fn invalid_fields(fields: Vec<FieldError>) -> Self {
        let detail = match fields.as_slice() {
            [one] => format!("`{}` {}.", one.field, one.message),
            _ => "Some fields are not right; see `fields`.".to_owned(),
        };
        Self { fields, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", detail) }
    }

    pub fn rate_limited(retry_after: Duration) -> Self {
        let seconds = retry_after.as_secs().max(1);
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            format!("That was too many requests. Try again in {seconds} s."),
        )
        .retry_after(retry_after)
    }

    pub fn body_too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is larger than this operation accepts.")
    }

    /// A part we depend on does not answer. Whether anything was changed may be unknown.
    pub fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The server cannot do this at the moment. Try again in a few seconds, with the same Idempotency-Key if it creates something.",
        )
        .retry_after(Duration::from_secs(2))
    }

    /// A bug or a broken part. The cause is logged, not told.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on the server. It has been logged.",
        )
    }

    /// 503 when the database is out of reach, 500 otherwise; logs the cause.
    pub fn from_database(error: &village_db::Error) -> Self {
        village_db::note_trouble(error);
        if village_db::is_unavailable(error) {
            tracing::warn!(%error, "the database is unavailable");
            Self::unavailable()
        } else {
            tracing::error!(%error, "the database refused a statement");
            Self::internal()
        }
    }

    pub fn retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Text and numbers: serialising them cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status_code(), self.to_json()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(retry_after) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // The request id is added by `harden`, which knows it.
        response.extensions_mut().insert(self);
        response
    }
}
