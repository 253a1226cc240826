//! One connection from its accept to its end.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::address::AddressSlot;
use crate::progress::Progress;

/// How long an idle connection has to leave once it was asked to.
const LEAVING: Duration = Duration::from_secs(1);
/// How long, and how many bytes of, a body that nobody reads is taken in, so that the answer reaches its sender before the
/// connection is reset.
const LINGERING: Duration = Duration::from_secs(3);
const LINGERING_BYTES: u64 = 1024 * 1024;

/// Drives the connection to its end, or closes it once it has been at rest too long. Every change of its state happens
/// while it is polled, so its deadline is looked at after that.
pub(crate) async fn attend<C: GracefulConnection<Error: std::fmt::Display>>(
    connection: C,
    progress: Arc<Progress>,
    mut full: watch::Receiver<bool>,
    stop: CancellationToken,
    cut: CancellationToken,
) {
    let mut connection = pin!(connection);
    let mut timer = pin!(sleep_until(progress.deadline(false)));
    let mut stopping = false;
    let mut leaves_at = None;
    loop {
        let is_full = *full.borrow_and_update();
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::trace!(%error, "a connection ended badly");
                }
                return;
            }
            () = at_deadline(&progress, is_full, leaves_at, timer.as_mut()) => {
                let was_busy = progress.is_busy();
                if leaves_at.is_some() || was_busy {
                    let state = if was_busy { "stalled" } else { "silent" };
                    metrics::counter!("village_http_connections_timed_out_total", "state" => state).increment(1);
                    return;
                }
                connection.as_mut().graceful_shutdown();
                leaves_at = Some(Instant::now() + LEAVING);
            }
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = cut.cancelled() => return,
            Ok(()) = full.changed() => {}
        }
    }
}

async fn at_deadline(progress: &Progress, is_full: bool, leaves_at: Option<Instant>, mut timer: Pin<&mut Sleep>) {
    poll_fn(|cx| {
        let deadline = match leaves_at {
            Some(leaves_at) if !progress.is_busy() => leaves_at,
            _ => progress.deadline(is_full),
        };
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(cx)
    })
    .await;
}

/// The stream of a connection, which holds what the connection takes up for as long as it lives, as a WebSocket too.
pub(crate) struct Guarded {
    /// `None` only while it is dropped.
    stream: Option<TcpStream>,
    progress: Arc<Progress>,
    places: Option<(OwnedSemaphorePermit, Option<AddressSlot>)>,
}

impl Guarded {
    pub fn new(
        stream: TcpStream,
        progress: Arc<Progress>,
        permit: OwnedSemaphorePermit,
        slot: Option<AddressSlot>,
    ) -> Self {
        Self { stream: Some(stream), progress, places: Some((permit, slot)) }
    }

    fn stream(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(self.stream.as_mut().expect("there until it is dropped"))
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let Some(stream) = self.stream.take() else { return };
        let places = self.places.take();
        if let (true, Ok(runtime)) = (self.progress.left_unread(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                let _places = places;
                linger(stream).await;
            });
        }
    }
}

/// Closing with bytes unread resets the connection, and the answer is lost with it.
async fn linger(stream: TcpStream) {
    let Ok(stream) = stream.into_std() else { return };
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let Ok(stream) = TcpStream::from_std(stream) else { return };
    let mut unread = stream.take(LINGERING_BYTES);
    let _ = timeout(LINGERING, tokio::io::copy(&mut unread, &mut tokio::io::sink())).await;
}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(self.stream().poll_read(cx, buffer))?;
        self.progress.received(&buffer.filled()[before..])?;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}
