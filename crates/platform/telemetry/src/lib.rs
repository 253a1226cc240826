//! What an operator sees of a running process: log lines, metrics, health and readiness.
//!
//! Log lines are a short message followed by fields with units. No secrets, no text that people wrote, no e-mail
//! addresses: nothing here filters them out, so they must not be logged in the first place.

mod health;
mod json_lines;
mod logs;
mod metric_names;
mod panics;
mod process;
mod prometheus;

pub use health::{Readiness, ReadinessBuilder, health_router};
pub use logs::{LogFormat, init};
pub use prometheus::Metrics;

use axum::Router;
use axum::http::header;
use axum::routing::get;

/// The router of the admin listener, which is never reachable from outside: `/metrics` in the Prometheus text
/// format, `/healthz`, and `/readyz` with the reason of each failure.
pub fn admin_router(metrics: Metrics, readiness: Readiness) -> Router {
    // Version 0.0.4 is the text format that every Prometheus reads.
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    let render = get(async move || (content_type, metrics.render()));
    Router::new().route("/metrics", render).merge(health::with_reasons(readiness))
}
