//! Entity tags (RFC 9110 §8.8.3): a client that has the newest version is told so instead of sent it again.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use village_kernel::secret::sha256;

use crate::Problem;

/// A JSON answer with an entity tag made from its bytes (so it changes with the signed URLs in it);
/// 304 when the request's `If-None-Match` names it.
pub struct Versioned<T> {
    pub body: T,
    pub if_none_match: Vec<HeaderValue>,
}

impl<T> Versioned<T> {
    pub fn new(headers: &HeaderMap, body: T) -> Self {
        Self { body, if_none_match: headers.get_all(header::IF_NONE_MATCH).iter().cloned().collect() }
    }
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let bytes = match serde_json::to_vec(&self.body) {
            Ok(bytes) => bytes,
            Err(error) => {
                tracing::error!(%error, "an answer could not be serialised");
                return Problem::internal().into_response();
            }
        };
        let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&sha256(&bytes)[..12]));
        let known = self.if_none_match.iter().any(|list| names(list, &tag));
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
        };
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, value);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        response
    }
}

/// Whether the request's `If-None-Match` names `tag` (RFC 9110 §13.1.2), so that 304 is the answer: several lines, lists,
/// weak tags and `*` included.
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().any(|list| names(list, tag))
}

/// Compares weakly, as this header asks for: `W/"a"` is `"a"`. A tag may hold commas.
fn names(list: &HeaderValue, tag: &str) -> bool {
    let opaque = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"').as_bytes();
    let mut rest = list.as_bytes().trim_ascii();
    if rest == b"*" {
        return true;
    }
    loop {
        while let [b',' | b' ' | b'\t', ..] = rest {
            rest = &rest[1..];
        }
        rest = rest.strip_prefix(b"W/").unwrap_or(rest);
        let Some(quoted) = rest.strip_prefix(b"\"") else { return false };
        let Some(end) = quoted.iter().position(|byte| *byte == b'"') else { return false };
        if &quoted[..end] == opaque {
            return true;
        }
        rest = &quoted[end + 1..];
    }
}

/// `If-Match: "<version>"` on a change: refuse it when somebody else changed the thing meanwhile. The number is
/// the `version` field of the thing.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub Option<i64>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let version = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        let digits = version.bytes().all(|byte| byte.is_ascii_digit());
        version.parse().ok().filter(|_| digits).map(|version| Self(Some(version))).ok_or_else(|| {
            Problem::invalid_field("If-Match", "invalid", "must be the `version` you changed, in double quotes")
        })
    }
}

/// For documentation: `params(IfMatchHeader)`.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub struct IfMatchHeader {
    /// The `version` you changed, in double quotes: refuses the change when it is not the newest any more.
    #[param(rename = "If-Match", required = false, pattern = r#"^(\*|[0-9]{1,18}|"[0-9]{1,18}")$"#, example = "\"3\"")]
    if_match: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_none_match_may_be_one_tag_weak_or_not_a_list_or_everything() {
        let known = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::IF_NONE_MATCH, line.parse().unwrap());
            }
            is_known(&headers, "\"a,b/c=\"")
        };
        for lines in [
            &["\"a,b/c=\""][..],
            &["W/\"a,b/c=\""],
            &["\"x\", \"a,b/c=\""],
            &["\"x\",W/\"y\" , W/\"a,b/c=\", \"z\""],
            &["\"x\"", "\"a,b/c=\""],
            &[" , ,\"x\",,\"a,b/c=\""],
            &["*"],
            &[" * "],
        ] {
            assert!(known(lines), "{lines:?}");
        }
        for lines in
            [&[][..], &["\"a\""], &["a,b/c="], &["\"x, \"a,b/c=\""], &["\"*\""], &["w/\"a,b/c=\""], &["\"a,b/c="]]
        {
            assert!(!known(lines), "{lines:?}");
        }
    }
}
