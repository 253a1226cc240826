//! Bodies, queries and path parameters that answer a mistake with a sentence that helps.

use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Problem;

/// A JSON body or answer. As a body: the content type must say JSON; unknown fields are refused when the type
/// says `#[serde(deny_unknown_fields)]`, which every request type does.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(&request) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The body must be JSON, with the header `Content-Type: application/json`.",
            ));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(body_problem)?;
        parse_json(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Parses JSON; 400 when it is not JSON, 422 with the field when it is but does not fit.
pub(crate) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() {
            let field = if path == "." { String::new() } else { path };
            Problem::invalid_field(field, "invalid", without_position(&inner.to_string()))
        } else {
            malformed(&inner.to_string())
        }
    })?;
    deserializer.end().map_err(|error| malformed(&error.to_string()))?;
    Ok(value)
}

fn malformed(message: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid_json", format!("The body is not valid JSON: {message}."))
}

/// serde_json ends its messages with the position, which means nothing once the field is named.
fn without_position(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

fn is_json(request: &Request) -> bool {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|mime| mime.trim().eq_ignore_ascii_case("application/json"))
}

fn body_problem(rejection: BytesRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "The body is larger than this operation accepts.",
        ),
        _ => Problem::new(StatusCode::BAD_REQUEST, "body_incomplete", "The body did not arrive whole."),
    }
}

/// Query parameters.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(QueryRejection::FailedToDeserializeQueryString(error)) => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_query",
                format!(
                    "The query is not right: {}.",
                    error.body_text().trim_start_matches("Failed to deserialize query string: ")
                ),
            )),
            Err(_) => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_query", "The query is not right.")),
        }
    }
}

/// Path parameters. What cannot be an id is not there: 404, as for an id that does not exist.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Problem::not_found()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[allow(dead_code)]
        count: u8,
    }

    fn code_of(json: &str) -> (u16, String) {
        let problem = parse_json::<Body>(json.as_bytes()).unwrap_err();
        (problem.status, problem.code.into_owned())
    }

    #[test]
    fn broken_json_is_400_and_wrong_json_is_422() {
        for broken in ["", "{", "{\"count\":1}x", "nope", "\u{0}"] {
            assert_eq!(code_of(broken), (400, "invalid_json".into()), "{broken:?}");
        }
        for wrong in ["{}", "{\"count\":\"1\"}", "{\"count\":300}", "{\"count\":1,\"extra\":2}", "[]", "null"] {
            assert_eq!(code_of(wrong), (422, "invalid_request".into()), "{wrong:?}");
        }
    }

    #[test]
    fn the_wrong_field_is_named() {
        let problem = parse_json::<Body>(b"{\"count\":\"one\"}").unwrap_err();
        assert_eq!(problem.fields[0].field, "count");
        assert!(!problem.fields[0].message.contains("line"), "{}", problem.fields[0].message);
    }
}
