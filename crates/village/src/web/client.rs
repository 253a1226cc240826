//! The embedded client: hashed assets that browsers keep for a year, and one page for all of its routes.

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::RustEmbed;
use village_http::Problem;
use village_kernel::secret::random;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Client;

/// Where the page wants its nonce.
const NONCE_MARK: &str = "__CSP_NONCE__";

pub fn router() -> Router {
    Router::new().route("/", get(page)).route("/assets/{*path}", get(asset)).route("/{*path}", get(file_or_page))
}

async fn page() -> Response {
    let Some(index) = Client::get("index.html") else {
        return Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "client_not_built",
            "This server was built without its web client. Build both with `cargo xtask run`.",
        )
        .into_response();
    };
    let nonce = STANDARD.encode(random::<18>());
    let html = String::from_utf8_lossy(&index.data).replace(NONCE_MARK, &nonce);
    // Images come from our own signed addresses; `blob:` previews what is about to be uploaded. `connect-src 'self'`
    // covers the socket of the same origin (CSP 3).
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
         worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    // The nonce is new for each answer, so none may be kept.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn asset(headers: HeaderMap, Path(path): Path<String>) -> Response {
    match Client::get(&format!("assets/{path}")) {
        Some(file) => serve_file(&headers, &format!("assets/{path}"), file, "public, max-age=31536000, immutable"),
        None => Problem::not_found().into_response(),
    }
}

/// A file such as the manifest when there is one, else the page, whose own router knows the address.
async fn file_or_page(headers: HeaderMap, Path(path): Path<String>) -> Response {
    match Client::get(&path) {
        Some(file) if path != "index.html" => serve_file(&headers, &path, file, "public, no-cache"),
        _ if wants_html(&headers) => page().await,
        _ => Problem::not_found().into_response(),
    }
}

/// Programs that mistype an API address get problem+json, people get the client's own "not found".
fn wants_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

fn serve_file(request: &HeaderMap, path: &str, file: rust_embed::EmbeddedFile, cache: &'static str) -> Response {
    let digest = file.metadata.sha256_hash();
    let tag = format!("\"{}\"", STANDARD.encode(&digest[..12]));
    let known = village_http::is_known(request, &tag);
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, mime.as_ref())], file.data).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
