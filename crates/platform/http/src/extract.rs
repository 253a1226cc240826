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
use crate::strict::Strict;

/// A JSON body or answer. As a body: the content type must say JSON; unknown fields are refused when the type
/// says `#[serde(deny_unknown_fields)]`, which every request type does; an object is never written as a list.
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
    let value: T = serde_path_to_error::deserialize(Strict(&mut deserializer)).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() { does_not_fit(&path, &inner.to_string()) } else { malformed(&inner.to_string()) }
    })?;
    deserializer.end().map_err(|error| malformed(&error.to_string()))?;
    Ok(value)
}

fn malformed(message: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid_json", format!("The body is not valid JSON: {message}."))
}

/// serde_json ends its messages with the position, which means nothing once the field is named. What is missing, not
/// known or there twice is named in the message only; "." is the path of the whole body.
fn does_not_fit(path: &str, message: &str) -> Problem {
    let message = message.split(" at line ").next().unwrap_or(message);
    // A key of a map that cannot be read is "?".
    let object = if path == "." { "" } else { path.trim_end_matches(".?") };
    let inside = |name: &str| match object.rsplit('.').next() {
        Some("") => name.to_owned(),
        Some(last) if last == name => object.to_owned(),
        _ => format!("{object}.{name}"),
    };
    for (about, what) in [("missing", "is missing"), ("unknown", "is not known here"), ("duplicate", "is there twice")]
    {
        let named = message.strip_prefix(about).and_then(|rest| rest.strip_prefix(" field `")?.split('`').next());
        if let Some(name) = named {
            return Problem::invalid_field(inside(name), "invalid", what);
        }
    }
    let mut problem = Problem::invalid_field(object, "invalid", message);
    if object.is_empty() {
        problem.detail = format!("The body is not right: {message}.").into();
    }
    problem
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
        StatusCode::PAYLOAD_TOO_LARGE => Problem::body_too_large(),
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
    use std::collections::HashMap;

    use super::*;

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(deny_unknown_fields, default)]
    #[allow(dead_code)]
    struct Body {
        count: u8,
        inner: Option<Inner>,
        list: Vec<Inner>,
        map: HashMap<String, i64>,
        word: Option<Word>,
        size: Option<Option<i64>>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Inner {
        id: uuid::Uuid,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        First,
    }

    fn code_of(json: &str) -> (u16, String) {
        let problem = parse_json::<Body>(json.as_bytes()).unwrap_err();
        (problem.status, problem.code.into_owned())
    }

    /// The field that is wrong, and the sentence.
    fn wrong(json: &str) -> (String, String) {
        let problem = parse_json::<Body>(json.as_bytes()).unwrap_err();
        assert_eq!((problem.status, &*problem.code), (422, "invalid_request"), "{json}: {problem:?}");
        (problem.fields[0].field.clone(), problem.detail.into_owned())
    }

    #[test]
    fn broken_json_is_400_and_wrong_json_is_422() {
        for broken in
            ["", "{", "{\"count\":1}x", "nope", "\u{0}", "{\"count\":1e999}", "\"\\ud800\"", "{}{}", "{\"count\":1,}"]
        {
            assert_eq!(code_of(broken), (400, "invalid_json".into()), "{broken:?}");
        }
        for json in
            ["{\"count\":\"1\"}", "{\"count\":300}", "{\"count\":-1}", "{\"count\":1,\"extra\":2}", "[]", "null", "7"]
        {
            assert_eq!(code_of(json), (422, "invalid_request".into()), "{json:?}");
        }
    }

    #[test]
    fn a_list_is_never_taken_for_an_object_nor_an_object_for_a_word() {
        let id = "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77";
        for list in ["[]", "[1]", "[null,null]", "[1,null,[],{},null,null]"] {
            let (field, detail) = wrong(list);
            assert_eq!(field, "", "{list}");
            assert_eq!(detail, "The body is not right: invalid type: sequence, expected an object.");
        }
        for (json, expected) in [
            (format!("{{\"inner\":[\"{id}\"]}}"), "inner"),
            (format!("{{\"list\":[[\"{id}\"]]}}"), "list[0]"),
            (format!("{{\"list\":[{{\"id\":\"{id}\"}},[\"{id}\"]]}}"), "list[1]"),
            ("{\"map\":[[\"a\",1]]}".to_owned(), "map"),
            ("{\"map\":[]}".to_owned(), "map"),
            ("{\"word\":{\"first\":null}}".to_owned(), "word"),
            ("{\"word\":[\"first\"]}".to_owned(), "word"),
            ("{\"word\":\"second\"}".to_owned(), "word"),
            ("{\"inner\":{\"id\":[1,2]}}".to_owned(), "inner.id"),
        ] {
            assert_eq!(wrong(&json).0, expected, "{json}");
        }
        let good = format!(
            "{{\"inner\":{{\"id\":\"{id}\"}},\"list\":[],\"map\":{{\"a\":1}},\"word\":\"first\",\"size\":null}}"
        );
        let body = parse_json::<Body>(good.as_bytes()).unwrap();
        assert!(matches!((body.word, body.size), (Some(Word::First), None)), "read as before");
    }

    #[test]
    fn a_whole_number_is_an_integer_however_it_is_written() {
        let body = parse_json::<Body>(b"{\"count\":7.0,\"size\":-3e2,\"map\":{\"a\":2.0}}").unwrap();
        assert_eq!((body.count, body.size, body.map["a"]), (7, Some(Some(-300)), 2));
        for json in [
            "{\"count\":1.5}",
            "{\"count\":256.0}",
            "{\"count\":-1.0}",
            "{\"count\":1e300}",
            "{\"count\":99999999999999999999}",
        ] {
            assert_eq!(wrong(json).0, "count", "{json}");
        }
    }

    #[test]
    fn the_wrong_field_is_named() {
        for (json, field, detail) in [
            ("{\"count\":\"one\"}", "count", "`count` invalid type: string \"one\", expected an integer in its range."),
            ("{\"extra\":2}", "extra", "`extra` is not known here."),
            ("{\"inner\":{}}", "inner.id", "`inner.id` is missing."),
            ("{\"inner\":{\"extra\":1}}", "inner.extra", "`inner.extra` is not known here."),
            ("{\"count\":1,\"count\":1}", "count", "`count` is there twice."),
            ("{\"map\":{\"a\":1,\"b\":1,\"\\u0061\":2}}", "map.a", "`map.a` is there twice."),
            ("{\"list\":[{}]}", "list[0].id", "`list[0].id` is missing."),
        ] {
            assert_eq!(wrong(json), (field.to_owned(), detail.to_owned()), "{json}");
        }
    }
}
