//! `/healthz` says that the process runs; `/readyz` says whether it should be sent requests.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::future::join_all;
use serde::Serialize;
use tokio::sync::Mutex;

/// How long a check may take before it counts as failed.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an answer is given again without asking: checks write to the disk, and anyone may ask.
const ANSWER_KEPT: Duration = Duration::from_secs(2);

type Outcome = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

struct Check {
    ask: Box<dyn Fn() -> Outcome + Send + Sync>,
    /// Whether requests should go elsewhere when it fails.
    is_essential: bool,
}

/// What must work for this process to serve requests. Clones share the state.
#[derive(Clone, Default)]
pub struct Readiness(Arc<Inner>);

#[derive(Default)]
struct Inner {
    checks: BTreeMap<&'static str, Check>,
    draining: AtomicBool,
    latest: Mutex<Option<(Instant, Report)>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Report {
    status: &'static str,
    checks: BTreeMap<&'static str, CheckReport>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct CheckReport {
    ok: bool,
    #[serde(skip)]
    is_essential: bool,
    duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Collects the named checks; each is asked anew for an answer, all of them at the same time.
#[derive(Default)]
pub struct ReadinessBuilder(BTreeMap<&'static str, Check>);

impl ReadinessBuilder {
    /// `check` returns quickly, or is given up after two seconds. The text of its error is logged and shown on the
    /// admin listener only.
    pub fn check<F, E>(mut self, name: &'static str, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<anyhow::Error>,
    {
        self.0.insert(name, Check::new(check, true));
        self
    }

    /// As [`Self::check`], for a part without which most requests still work: when it fails the answer says `degraded`,
    /// and stays 200, so that a load balancer does not take away the rest.
    pub fn partial<F, E>(mut self, name: &'static str, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<anyhow::Error>,
    {
        self.0.insert(name, Check::new(check, false));
        self
    }

    pub fn build(self) -> Readiness {
        Readiness(Arc::new(Inner { checks: self.0, ..Inner::default() }))
    }
}

impl Check {
    fn new<F, E>(check: impl Fn() -> F + Send + Sync + 'static, is_essential: bool) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<anyhow::Error>,
    {
        let ask = Box::new(move || -> Outcome {
            let outcome = check();
            Box::pin(async move { outcome.await.map_err(Into::into) })
        });
        Self { ask, is_essential }
    }
}

impl Readiness {
    pub fn builder() -> ReadinessBuilder {
        ReadinessBuilder::default()
    }

    /// From now on `/readyz` answers 503, so that load balancers send new requests elsewhere while this process
    /// finishes what it has.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::SeqCst);
    }

    async fn report(&self) -> Report {
        if self.0.draining.load(Ordering::SeqCst) {
            return Report { status: "draining", checks: BTreeMap::new() };
        }
        // Those who ask meanwhile wait here and share the answer.
        let mut latest = self.0.latest.lock().await;
        if let Some((at, report)) = &*latest
            && at.elapsed() < ANSWER_KEPT
        {
            return report.clone();
        }
        let report = self.ask().await;
        *latest = Some((Instant::now(), report.clone()));
        report
    }

    async fn ask(&self) -> Report {
        let checks = self.0.checks.iter().map(async |(name, check)| {
            let started = Instant::now();
            let reason = match tokio::time::timeout(CHECK_TIMEOUT, (check.ask)()).await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(format!("{error:#}")),
                Err(_) => Some(format!("no answer within {} s", CHECK_TIMEOUT.as_secs())),
            };
            if let Some(reason) = &reason {
                tracing::warn!(check = name, reason, "not ready");
            }
            let duration_ms = started.elapsed().as_millis() as u64;
            let is_essential = check.is_essential;
            (*name, CheckReport { ok: reason.is_none(), is_essential, duration_ms, reason })
        });
        let checks: BTreeMap<_, _> = join_all(checks).await.into_iter().collect();
        let fails = |is_essential| checks.values().any(|check| !check.ok && check.is_essential == is_essential);
        let status = match (fails(true), fails(false)) {
            (true, _) => "unavailable",
            (false, true) => "degraded",
            (false, false) => "ready",
        };
        Report { status, checks }
    }
}

/// `/healthz` and `/readyz` for the listener that everybody reaches: names of checks, no reasons.
pub fn health_router(readiness: Readiness) -> Router {
    routes().with_state((readiness, Reasons::Hidden))
}

/// The same for the admin listener.
pub fn with_reasons(readiness: Readiness) -> Router {
    routes().with_state((readiness, Reasons::Shown))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reasons {
    Shown,
    /// A reason may name hosts and settings.
    Hidden,
}

fn routes() -> Router<(Readiness, Reasons)> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready))
}

async fn alive() -> Response {
    let body = axum::Json(serde_json::json!({ "status": "ok" }));
    ([(header::CACHE_CONTROL, "no-store")], body).into_response()
}

async fn ready(State((readiness, reasons)): State<(Readiness, Reasons)>) -> Response {
    let mut report = readiness.report().await;
    if reasons == Reasons::Hidden {
        report.checks.values_mut().for_each(|check| check.reason = None);
    }
    let status = match report.status {
        "ready" | "degraded" => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, [(header::CACHE_CONTROL, "no-store")], axum::Json(report)).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::*;

    async fn get(router: Router, path: &str) -> (StatusCode, Value) {
        let response = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 64 * 1024).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    fn broken_database() -> Readiness {
        Readiness::builder()
            .check("database", async || anyhow::Result::<()>::Err(anyhow::anyhow!("db.internal:5432 refused")))
            .check("blobs", async || anyhow::Ok(()))
            .build()
    }

    #[tokio::test]
    async fn it_is_ready_when_every_check_passes_and_lists_them() {
        let readiness = Readiness::builder().check("database", async || anyhow::Ok(())).build();
        let (status, body) = get(health_router(readiness), "/readyz").await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!((&body["status"], &body["checks"]["database"]["ok"]), (&"ready".into(), &true.into()));
    }

    #[tokio::test]
    async fn one_failing_check_makes_it_unready_and_only_the_admin_listener_says_why() {
        let (status, body) = get(health_router(broken_database()), "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!((&body["checks"]["database"]["ok"], &body["checks"]["blobs"]["ok"]), (&false.into(), &true.into()));
        assert!(!body.to_string().contains("db.internal"));

        let (status, body) = get(with_reasons(broken_database()), "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(body["checks"]["database"]["reason"], "db.internal:5432 refused");
    }

    #[tokio::test]
    async fn a_part_that_fails_alone_is_told_and_sends_nobody_away() {
        let builder = || Readiness::builder().partial("images", async || Err(anyhow::anyhow!("no space left")));
        let readiness = builder().check("database", async || anyhow::Ok(())).build();
        let (status, body) = get(with_reasons(readiness), "/readyz").await;
        assert_eq!((status, &body["status"]), (StatusCode::OK, &"degraded".into()));
        assert_eq!(body["checks"]["images"]["reason"], "no space left");

        let readiness =
            builder().check("database", async || anyhow::Result::<()>::Err(anyhow::anyhow!("gone"))).build();
        let (status, body) = get(health_router(readiness), "/readyz").await;
        assert_eq!((status, &body["status"]), (StatusCode::SERVICE_UNAVAILABLE, &"unavailable".into()));
    }

    #[tokio::test]
    async fn a_check_that_never_answers_counts_as_failed() {
        let readiness = Readiness::builder()
            .check("database", async || {
                std::future::pending::<()>().await;
                anyhow::Ok(())
            })
            .build();
        let (status, body) = get(with_reasons(readiness), "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(body["checks"]["database"]["reason"], "no answer within 2 s");
    }

    #[tokio::test]
    async fn a_draining_process_is_alive_but_not_ready() {
        let readiness = Readiness::builder().check("database", async || anyhow::Ok(())).build();
        readiness.drain();
        assert_eq!(get(health_router(readiness.clone()), "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(get(health_router(readiness), "/healthz").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn many_who_ask_at_once_cost_one_check() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        let readiness = Readiness::builder()
            .check("database", move || {
                counter.fetch_add(1, Ordering::SeqCst);
                async { anyhow::Ok(()) }
            })
            .build();
        let askers = (0..50).map(|_| get(health_router(readiness.clone()), "/readyz"));
        assert!(join_all(askers).await.into_iter().all(|(status, _)| status == StatusCode::OK));
        assert!(asked.load(Ordering::SeqCst) < 5, "a slow machine may need a second round, fifty would be a flood");
    }
}
