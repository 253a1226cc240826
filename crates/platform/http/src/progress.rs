//! Whether a connection still gets anywhere, and until when it may stay as it is.
//!
//! Every connection is at any time in one of four states, and none lasts for ever: it has yet to send its first request
//! (or the head of a further one), it is idle between two, a request is being answered, or it became a WebSocket, which
//! has timers of its own.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Version;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Instant;

use crate::address::AddressSlot;
use crate::framing::HeadScan;

/// How much may be read without any request getting further: pings, settings and priorities of HTTP/2 cost the sender
/// next to nothing. More than the windows of a connection hold, so that a handler that reads late loses nobody.
const UNPRODUCTIVE_BYTES: usize = 2 * 1024 * 1024;

/// How many connections there may be, and how long one may stay without getting anywhere.
#[derive(Clone, Copy, Debug)]
pub struct Connections {
    /// Open at most, WebSockets included. At the limit no more are accepted until one ends.
    pub at_most: usize,
    /// Connections of one household at most. `None` for no limit: behind trusted proxies the connections are theirs.
    pub per_address: Option<usize>,
    /// How long a connection may take to send its first request, from the moment it was accepted, and the head of each
    /// further one. An idle connection gets no longer than this either while there is room for no other.
    pub head_timeout: Duration,
    /// How long a connection may be idle after a request. Longer than a load balancer keeps its connections, or it
    /// sends requests into ones that are just being closed.
    pub keep_alive: Duration,
    /// How long a request or its answer may go without a byte of a body, or a handler without an answer.
    pub stall_timeout: Duration,
}

impl Connections {
    pub fn at_most(at_most: usize) -> Self {
        Self {
            at_most,
            per_address: None,
            head_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(320),
            stall_timeout: Duration::from_secs(60),
        }
    }
}

impl From<usize> for Connections {
    fn from(at_most: usize) -> Self {
        Self::at_most(at_most)
    }
}

#[derive(Debug)]
pub(crate) struct Progress {
    limits: Connections,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Requests being received or answered.
    active: usize,
    has_served: bool,
    is_http2: bool,
    is_upgraded: bool,
    /// The answer came before the body was read: more of it may be on its way.
    left_unread: bool,
    /// When it was accepted, when a request last got further, or when the last one ended.
    since: Instant,
    unproductive_bytes: usize,
    /// When the head that is being received began.
    head_since: Option<Instant>,
    head: HeadScan,
}

impl State {
    fn advance(&mut self) {
        self.since = Instant::now();
        self.unproductive_bytes = 0;
    }
}

impl Progress {
    pub fn new(limits: Connections) -> Arc<Self> {
        let state = State {
            active: 0,
            has_served: false,
            is_http2: false,
            is_upgraded: false,
            left_unread: false,
            since: Instant::now(),
            unproductive_bytes: 0,
            head_since: None,
            head: HeadScan::default(),
        };
        Arc::new(Self { limits, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the connection is to be closed if it stays as it is. `is_full`: others wait for its place.
    pub fn deadline(&self, is_full: bool) -> Instant {
        let Connections { head_timeout, keep_alive, stall_timeout, .. } = self.limits;
        let state = self.state();
        match state.head_since {
            _ if state.active > 0 => state.since + stall_timeout,
            _ if !state.has_served => state.since + head_timeout,
            Some(begun) => begun + head_timeout,
            None if is_full => state.since + keep_alive.min(head_timeout),
            None => state.since + keep_alive,
        }
    }

    pub fn is_busy(&self) -> bool {
        self.state().active > 0
    }

    pub fn left_unread(&self) -> bool {
        self.state().left_unread
    }

    /// It is a WebSocket from now on.
    pub fn upgraded(&self) {
        self.state().is_upgraded = true;
    }

    /// Looks at what was just read from the connection.
    pub fn received(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        if state.is_upgraded {
            return Ok(());
        }
        state.unproductive_bytes = state.unproductive_bytes.saturating_add(bytes.len());
        if state.unproductive_bytes > UNPRODUCTIVE_BYTES {
            return Err(io::Error::other("a flood of frames that belong to no request"));
        }
        if state.active == 0 && !state.is_http2 && !bytes.is_empty() {
            state.head_since.get_or_insert_with(Instant::now);
            state.head.read(bytes);
        }
        Ok(())
    }

    /// A request has begun; it ends when what is returned is dropped.
    pub fn begin(self: &Arc<Self>, version: Version) -> (InProgress, HeadScan) {
        let mut state = self.state();
        state.advance();
        state.active += 1;
        state.has_served = true;
        state.is_http2 = version == Version::HTTP_2;
        state.head_since = None;
        state.left_unread = false;
        let head = std::mem::take(&mut state.head);
        drop(state);
        (InProgress(self.clone()), head)
    }
}

/// A request that is being answered.
pub(crate) struct InProgress(Arc<Progress>);

impl Drop for InProgress {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.advance();
        state.active -= 1;
    }
}

/// The body of a request, whose arrival counts as progress.
pub(crate) struct Received {
    body: Incoming,
    is_whole: bool,
    progress: Arc<Progress>,
}

impl Received {
    pub fn new(body: Incoming, progress: Arc<Progress>) -> Self {
        Self { is_whole: body.is_end_stream(), body, progress }
    }
}

impl Body for Received {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(_))) => {
                self.progress.state().advance();
                self.is_whole |= self.body.is_end_stream();
            }
            Poll::Ready(_) => self.is_whole = true,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if !self.is_whole {
            let mut state = self.progress.state();
            // The streams of HTTP/2 end one by one, and the connection goes on.
            state.left_unread = !state.is_http2;
        }
    }
}

/// The body of an answer, whose departure counts as progress. The request ends with it.
pub(crate) struct Sent {
    body: axum::body::Body,
    request: InProgress,
    _slot: Option<AddressSlot>,
}

impl Sent {
    pub fn new(body: axum::body::Body, request: InProgress, slot: Option<AddressSlot>) -> Self {
        Self { body, request, _slot: slot }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_ready() {
            self.request.0.state().advance();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_a_connection_ends() {
        let limits = Connections::at_most(1);
        let progress = Progress::new(limits);
        let accepted = progress.deadline(false);
        progress.received(b"GET / HT").unwrap();
        assert_eq!(progress.deadline(false), accepted, "from the accept, not from the first byte");

        let (request, _) = progress.begin(Version::HTTP_11);
        let begun = progress.deadline(false);
        assert!(begun > accepted);
        progress.received(b"a part of the body").unwrap();
        assert_eq!(progress.deadline(false), begun, "bytes alone are no progress");
        progress.state().advance();
        assert!(progress.deadline(false) > begun);
        drop(request);
        let idle = progress.deadline(false);
        assert_eq!(idle - progress.deadline(true), limits.keep_alive - limits.head_timeout);

        progress.received(b"G").unwrap();
        let head = progress.deadline(false);
        assert!(head < idle, "the head of the next request");
        progress.received(b"E").unwrap();
        assert_eq!(progress.deadline(false), head);
    }

    #[test]
    fn frames_that_belong_to_no_request_keep_nothing_open_and_are_bounded() {
        let progress = Progress::new(Connections::at_most(1));
        drop(progress.begin(Version::HTTP_2).0);
        let before = progress.deadline(false);
        for _ in 0..UNPRODUCTIVE_BYTES / 1024 {
            progress.received(&[0; 1024]).unwrap();
        }
        assert_eq!(progress.deadline(false), before);
        assert!(progress.received(b"x").is_err());
        drop(progress.begin(Version::HTTP_2).0);
        progress.received(b"x").unwrap();
    }
}
