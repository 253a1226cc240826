//! The server: HTTP/1.1 and HTTP/2 on one listener, with limits on what a slow or silent client may hold.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::address::{AddressSlot, PerAddress};
use crate::connection::{Guarded, attend};
use crate::framing::{HeadScan, Malformed, fault};
use crate::gather::Gather;
use crate::progress::{Connections, InProgress, Progress, Received, Sent};

/// Largest head of a request, on both versions of HTTP.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// Serves until `stop`, then lets requests in flight finish for at most `drain`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    connections: impl Into<Connections>,
    stop: CancellationToken,
    drain: Duration,
) {
    let server = Server::new(router, connections.into());
    let accepting = async {
        loop {
            let permit = server.room().await;
            match listener.accept().await {
                Ok((stream, peer)) => server.take_on(stream, peer, permit, &stop),
                Err(error) => {
                    // Out of file descriptors, mostly: wait for some to be freed.
                    tracing::warn!(%error, "a connection could not be accepted");
                    server.full.send_replace(true);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = accepting => {}
    }
    drop(listener);
    server.tasks.close();
    if tokio::time::timeout(drain, server.tasks.wait()).await.is_err() {
        tracing::warn!("some requests did not finish in the drain time and were cut");
        server.cut.cancel();
    }
}

struct Server {
    router: Router,
    limits: Connections,
    builder: Builder<TokioExecutor>,
    permits: Arc<Semaphore>,
    per_address: Option<Arc<PerAddress>>,
    /// Whether newcomers wait for a place: idle connections then have to go.
    full: watch::Sender<bool>,
    tasks: TaskTracker,
    cut: CancellationToken,
}

impl Server {
    fn new(router: Router, limits: Connections) -> Self {
        Self {
            router,
            limits,
            builder: builder(),
            permits: Arc::new(Semaphore::new(limits.at_most)),
            per_address: limits.per_address.map(PerAddress::at_most),
            full: watch::Sender::new(false),
            tasks: TaskTracker::new(),
            cut: CancellationToken::new(),
        }
    }

    /// At the limit we stop accepting; the kernel's backlog holds newcomers until a connection ends.
    async fn room(&self) -> OwnedSemaphorePermit {
        if let Ok(permit) = self.permits.clone().try_acquire_owned() {
            return permit;
        }
        self.full.send_replace(true);
        self.permits.clone().acquire_owned().await.expect("the semaphore is never closed")
    }

    fn take_on(&self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit, stop: &CancellationToken) {
        if self.permits.available_permits() > self.limits.at_most / 16 {
            self.full.send_if_modified(std::mem::take);
        }
        let slot = match &self.per_address {
            None => None,
            Some(all) => match all.enter(peer.ip()) {
                Some(slot) => Some(slot),
                None => return refuse(&stream),
            },
        };
        let _ = stream.set_nodelay(true);
        let progress = Progress::new(self.limits);
        let service = {
            let (router, progress) = (self.router.clone(), progress.clone());
            service_fn(move |request: Request<Incoming>| {
                // Here, not when the future is polled: HTTP/2 does that in another task.
                let (request_in_progress, head) = progress.begin(request.version());
                answer(router.clone(), peer, request, head, request_in_progress, progress.clone())
            })
        };
        let stream = Gather::new(Guarded::new(stream, progress.clone(), permit, slot));
        let connection = self.builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        let (full, stop, cut) = (self.full.subscribe(), stop.clone(), self.cut.clone());
        self.tasks.spawn(attend(connection, progress, full, stop, cut));
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // The timer of heads is ours: hyper's begins too late for the first, and counts idle time for the others.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(MAX_HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(64)
        // A client that opens streams only to reset them (CVE-2023-44487), or makes us reset them (CVE-2025-8671).
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(64)
        // Also bounds how many CONTINUATION frames one head may have (CVE-2024-27316).
        .max_header_list_size(MAX_HEAD_BYTES as u32)
        .initial_stream_window_size(256 * 1024)
        .initial_connection_window_size(512 * 1024)
        .max_frame_size(16 * 1024)
        .max_send_buf_size(64 * 1024)
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

/// Says why, if the kernel takes it at once, and closes.
fn refuse(stream: &TcpStream) {
    const BODY: &str = r#"{"type":"about:blank","title":"Too Many Requests","status":429,"code":"too_many_connections","detail":"Your address has too many connections open. Close some, and try again."}"#;
    metrics::counter!("village_http_connections_refused_total").increment(1);
    let length = BODY.len();
    let answer = format!(
        "HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\n\
         retry-after: 5\r\nconnection: close\r\n\r\n{BODY}"
    );
    let _ = stream.try_write(answer.as_bytes());
}

async fn answer(
    router: Router,
    peer: SocketAddr,
    request: Request<Incoming>,
    head: HeadScan,
    in_progress: InProgress,
    progress: Arc<Progress>,
) -> Result<Response<Sent>, Infallible> {
    let malformed: Option<Malformed> = fault(&request, head);
    let closes = malformed.is_some() && request.version() != Version::HTTP_2;
    let mut request = request.map(|body| Body::new(Received::new(body, progress.clone())));
    request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
    if let Some(malformed) = malformed {
        request.extensions_mut().insert(malformed);
    }
    let mut response = router.oneshot(request).await?;
    if closes {
        // Where the next request begins is not sure.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        progress.upgraded();
    }
    let slot: Option<AddressSlot> = response.extensions_mut().remove();
    Ok(response.map(|body| Sent::new(body, in_progress, slot)))
}
