//! The recorder behind `metrics::counter!` and its like, and the text that Prometheus reads.

use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{metric_names, process};

/// From a cache hit to the request time-out: two to three buckets for each tenfold.
const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// 256 bytes to 64 MiB, by fours.
const BYTES: &[f64] =
    &[256.0, 1024.0, 4096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0, 67_108_864.0];

/// Sizes of batches, groups and audiences.
const COUNTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 1024.0, 4096.0, 16_384.0];

/// How often recorded samples are folded into their buckets; between two rounds they wait in memory.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Reads the metrics of this process. Clones read the same.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Starts recording, and keeps the record in order for as long as the runtime lives. Must be called inside a
    /// Tokio runtime; calling it again gives the same record.
    pub fn install() -> anyhow::Result<Self> {
        static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
        if let Some(handle) = INSTALLED.get() {
            return Ok(Self(handle.clone()));
        }
        let handle = builder()?.install_recorder().context("metrics are already recorded elsewhere")?;
        metric_names::describe();
        let handle = INSTALLED.get_or_init(|| handle).clone();
        let upkeep = handle.clone();
        tokio::spawn(async move {
            let mut interval = tokio::time::interval(UPKEEP_INTERVAL);
            loop {
                interval.tick().await;
                upkeep.run_upkeep();
            }
        });
        Ok(Self(handle))
    }

    /// The Prometheus text format.
    pub fn render(&self) -> String {
        process::measure();
        self.0.render()
    }
}

fn builder() -> anyhow::Result<PrometheusBuilder> {
    Ok(PrometheusBuilder::new()
        .set_buckets(COUNTS)?
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), BYTES)?)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn what_the_code_counts_is_shown_with_its_meaning() {
        let metrics = Metrics::install().unwrap();
        metrics::counter!("village_http_requests_total", "status" => "200").increment(2);
        metrics::histogram!("village_http_request_seconds", "route" => "/feed").record(0.004);
        metrics::histogram!("village_db_group_commit_writes").record(3.0);
        Metrics::install().unwrap();

        let router = crate::admin_router(metrics, crate::Readiness::default());
        let response = router.oneshot(Request::get("/metrics").body(Body::empty()).unwrap()).await.unwrap();
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
        let body = to_bytes(response.into_body(), 1024 * 1024).await.unwrap();
        let text = std::str::from_utf8(&body).unwrap();
        for line in [
            "# TYPE village_http_requests_total counter",
            "village_http_requests_total{status=\"200\"} 2",
            "# HELP village_http_request_seconds Time from a request's head to its answer, by method and route",
            "village_http_request_seconds_bucket{route=\"/feed\",le=\"0.0025\"} 0",
            "village_http_request_seconds_bucket{route=\"/feed\",le=\"0.005\"} 1",
            "village_db_group_commit_writes_bucket{le=\"4\"} 1",
            "# TYPE process_resident_memory_bytes gauge",
        ] {
            assert!(text.contains(line), "`{line}` is missing in:\n{text}");
        }
    }
}
