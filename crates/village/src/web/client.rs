//! The embedded client: hashed assets that browsers keep for a year, and one page for all of its routes.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};
use village_http::Problem;
use village_kernel::secret::sha256;

use super::policy;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Client;

/// The build leaves these next to files that shrink, packed as well as can be; see `web/scripts/precompress.ts`. In the
/// order of preference.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Names of assets hold a hash of what is in them.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Kept, and asked for each time with the tag of what is kept.
const ASK_EACH_TIME: &str = "public, no-cache";

pub fn router() -> Router {
    Router::new().route("/", get(page)).route("/assets/{*path}", get(asset)).route("/{*path}", get(file_or_page))
}

/// `None` when there is no page.
static PAGE_POLICY: LazyLock<Option<String>> = LazyLock::new(|| {
    let page = Client::get("index.html")?;
    Some(policy::of_page(std::str::from_utf8(&page.data).ok()?))
});

async fn page(headers: HeaderMap) -> Response {
    let Some(policy) = PAGE_POLICY.as_deref() else {
        return Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "client_not_built",
            "This server was built without its web client. Build both with `cargo xtask run`.",
        )
        .into_response();
    };
    serve(&headers, "index.html", ASK_EACH_TIME, Some(policy))
}

async fn asset(headers: HeaderMap, Path(path): Path<String>) -> Response {
    let path = format!("assets/{path}");
    serve(&headers, &path, FOR_EVER, policy::of_file(&path))
}

/// A file such as the manifest when there is one, else the page, whose own router knows the address.
async fn file_or_page(headers: HeaderMap, Path(path): Path<String>) -> Response {
    if path != "index.html" && Client::get(&path).is_some() {
        return serve(&headers, &path, ASK_EACH_TIME, policy::of_file(&path));
    }
    if wants_html(&headers) { page(headers).await } else { Problem::not_found().into_response() }
}

/// Programs that mistype an API address get problem+json, people get the client's own "not found".
fn wants_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

fn serve(request: &HeaderMap, path: &str, cache: &'static str, policy: Option<&str>) -> Response {
    let is_packed = ENCODINGS.iter().any(|(_, ending)| path.ends_with(ending));
    let Some(plain) = Client::get(path).filter(|_| !is_packed) else { return Problem::not_found().into_response() };
    let packed: Vec<(&str, EmbeddedFile)> = ENCODINGS
        .into_iter()
        .filter_map(|(encoding, ending)| Some((encoding, Client::get(&format!("{path}{ending}"))?)))
        .collect();
    let has_choice = !packed.is_empty();
    let (encoding, file) = match packed.into_iter().find(|(encoding, _)| accepts(request, encoding)) {
        Some((encoding, file)) => (Some(encoding), file),
        None => (None, plain),
    };
    // Browsers keep the old policy when they are told that nothing changed, so the tag stands for the policy too.
    let mut tagged = file.metadata.sha256_hash().to_vec();
    tagged.extend(policy.unwrap_or_default().as_bytes());
    let tag = format!("\"{}\"", STANDARD.encode(&sha256(&tagged)[..12]));
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    // Text is UTF-8 everywhere here; the page says so before its first byte is read.
    let mime = if mime == "text/html" { "text/html; charset=utf-8" } else { mime.as_ref() };
    let mut response = if village_http::is_known(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = ([(header::CONTENT_TYPE, mime)], file.data).into_response();
        if let Some(encoding) = encoding {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if has_choice {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    for (name, value) in [(header::ETAG, Some(tag.as_str())), (header::CONTENT_SECURITY_POLICY, policy)] {
        if let Some(value) = value.and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(name, value);
        }
    }
    response
}

/// Whether `Accept-Encoding` names it, and not in order to refuse it (`br;q=0`).
fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    let lines = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        is_named && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_file_is_sent_to_those_who_can_unpack_it() {
        let asks =
            |line: &'static str| HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(line))]);
        for line in ["br", "gzip, deflate, br", "gzip;q=0.5, BR;q=0.9", "br ; q=1"] {
            assert!(accepts(&asks(line), "br"), "{line}");
        }
        for line in ["", "gzip", "br;q=0", "br;q=0.000, gzip", "brotli", "br;q=x"] {
            assert!(!accepts(&asks(line), "br"), "{line}");
        }
        assert!(!accepts(&HeaderMap::new(), "br"));
    }
}
