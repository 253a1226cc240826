//! What wraps every service's router: request ids, logs, limits, time-outs, security headers, and problem+json
//! for whatever goes wrong outside a handler.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tracing::Instrument;
use uuid::Uuid;

use crate::framing::Malformed;
use crate::{ClientIp, PerAddress, Problem};

#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Largest body of a request, in bytes. Uploads of images do not pass through here.
    pub body_limit_bytes: usize,
    /// How long a request may take, its body included.
    pub timeout: Duration,
    /// Tell browsers to use https only (RFC 6797): set when `public_url` is https.
    pub strict_transport_security: bool,
    /// How much one address may have going on at a time; `None` for no limit.
    pub admission: Option<Admission>,
}

/// How many requests and sockets one household may have open at the same time, over however many connections.
#[derive(Clone, Debug)]
pub struct Admission {
    pub trusted_proxy_hops: usize,
    pub at_once: Arc<PerAddress>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            body_limit_bytes: 64 * 1024,
            timeout: Duration::from_secs(30),
            strict_transport_security: false,
            admission: None,
        }
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps `router`, whose routes then answer unknown paths and methods with problem+json as well. `streaming` are
/// routes that move large bodies and have limits of their own: they get neither the body limit nor the time-out.
pub fn harden(router: Router, streaming: Router, config: HttpConfig) -> Router {
    router
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This address does not support that method; see the Allow header.",
            )
        })
        .layer(DefaultBodyLimit::max(config.body_limit_bytes))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(config.clone(), within_time))
        .layer(CompressionLayer::new().gzip(true))
        .layer(middleware::from_fn_with_state(config.clone(), readable))
        .merge(streaming)
        .layer(middleware::from_fn_with_state(config.clone(), admit))
        .layer(middleware::from_fn_with_state(config, observe))
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    // The panic hook has logged where and why.
    metrics::counter!("village_http_panics_total").increment(1);
    Problem::internal().into_response()
}

/// Refuses what `serve` found malformed, and more at a time than one address may have.
async fn admit(State(config): State<HttpConfig>, mut request: Request, next: Next) -> Response {
    if let Some(Malformed(problem)) = request.extensions_mut().remove() {
        return problem.into_response();
    }
    let Some(Admission { trusted_proxy_hops, at_once }) = &config.admission else { return next.run(request).await };
    let client = ClientIp::of(request.headers(), request.extensions(), *trusted_proxy_hops);
    let Some(slot) = at_once.enter(client.0) else {
        metrics::counter!("village_http_rate_limited_total", "policy" => "at_once").increment(1);
        let detail = "Your address has too many requests and sockets open. Close some, and try again.";
        return Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_connections", detail)
            .retry_after(Duration::from_secs(5))
            .into_response();
    };
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(slot.clone());
    let mut response = next.run(request).await;
    // `serve` keeps it until the answer has been sent.
    response.extensions_mut().insert(slot);
    response
}

/// Refuses a body that no route would read to its end, before any of it has arrived.
async fn readable(State(config): State<HttpConfig>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > config.body_limit_bytes as u64) {
        return Problem::body_too_large().into_response();
    }
    let is_plain = |coding: &HeaderValue| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(header::CONTENT_ENCODING).iter().all(is_plain) {
        let problem = Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Bodies are read as they are: send this one uncompressed, without a Content-Encoding.",
        );
        return ([(header::ACCEPT_ENCODING, "identity")], problem).into_response();
    }
    next.run(request).await
}

async fn within_time(State(config): State<HttpConfig>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(config.timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "timeout",
            "The request took too long and was given up. If it creates something, retry with the same Idempotency-Key.",
        )
        .retry_after(Duration::from_secs(5))
        .into_response(),
    }
}

/// Request id, span, log line, metrics, security headers; fills the id into problems.
async fn observe(State(config): State<HttpConfig>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = request
        .headers()
        .get(&REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        .map_or_else(|| Uuid::now_v7().simple().to_string(), str::to_owned);
    let method = request.method().clone();
    // The pattern, not the path: metrics stay few and logs name no one.
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", |path| path.as_str()).to_owned();
    let span = tracing::info_span!("request", %method, route, request_id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();

    if let Some(mut problem) = response.extensions_mut().remove::<Problem>() {
        problem.request_id = Some(request_id.clone());
        // Only the body is new, and it is not compressed.
        let (mut parts, _) = response.into_parts();
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.remove(header::CONTENT_ENCODING);
        response = Response::from_parts(parts, Body::from(problem.to_json()));
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID, value);
    }
    secure(headers, &config);

    let elapsed = started.elapsed();
    let labels =
        [("method", method.as_str().to_owned()), ("route", route.clone()), ("status", status.as_u16().to_string())];
    metrics::counter!("village_http_requests_total", &labels).increment(1);
    metrics::histogram!("village_http_request_seconds", "method" => method.as_str().to_owned(), "route" => route)
        .record(elapsed.as_secs_f64());
    let _entered = span.enter();
    if status.is_server_error() {
        tracing::warn!(status = status.as_u16(), duration_us = elapsed.as_micros() as u64, "answered");
    } else {
        tracing::debug!(status = status.as_u16(), duration_us = elapsed.as_micros() as u64, "answered");
    }
    drop(_entered);
    response
}

/// OWASP Secure Headers; a handler that set its own (the client's page, an image) keeps it.
fn secure(headers: &mut http::HeaderMap, config: &HttpConfig) {
    let defaults = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=()"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if config.strict_transport_security {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
}
