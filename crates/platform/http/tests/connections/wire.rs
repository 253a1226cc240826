//! A server with short timers, and a client that sends bytes.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::routing::{get, post};
use futures::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use village_http::{Connections, HttpConfig, harden, serve};

/// Only a failure waits that long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Short enough to wait for; long enough that a busy machine sends a request within it.
pub const HEAD_TIMEOUT: Duration = Duration::from_millis(1_500);

pub fn limits() -> Connections {
    Connections { head_timeout: HEAD_TIMEOUT, ..Connections::at_most(1_000) }
}

pub struct Server {
    pub address: SocketAddr,
    /// Says when the body of `/endless` is given up.
    pub given_up: mpsc::UnboundedReceiver<()>,
    _stop: DropGuard,
}

impl Server {
    pub async fn start(limits: Connections) -> Self {
        Self::start_with(limits, HttpConfig::default()).await
    }

    pub async fn start_with(limits: Connections, config: HttpConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (gives_up, given_up) = mpsc::unbounded_channel();
        let router = Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/body", post(|body: Bytes| async move { body.len().to_string() }))
            .route("/early", post(|| async { "I did not read it" }))
            .route("/socket", get(|upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(wait_for_the_end) }))
            .route("/endless", get(move || async { endless(gives_up) }));
        let stop = CancellationToken::new();
        let router = harden(router, Router::new(), config);
        tokio::spawn(serve(listener, router, limits, stop.clone(), Duration::from_secs(1)));
        Self { address, given_up, _stop: stop.drop_guard() }
    }

    pub async fn connect(&self) -> Client {
        // A small window, so that a client that does not read is noticed after little.
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(8 * 1024).unwrap();
        Client(timeout(PATIENCE, socket.connect(self.address)).await.unwrap().unwrap())
    }
}

async fn wait_for_the_end(mut socket: axum::extract::ws::WebSocket) {
    while let Some(Ok(_)) = socket.next().await {}
}

fn endless(gives_up: mpsc::UnboundedSender<()>) -> Body {
    struct Noted(mpsc::UnboundedSender<()>);
    impl Drop for Noted {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let noted = Noted(gives_up);
    let piece = Bytes::from_static(&[b'x'; 16 * 1024]);
    Body::from_stream(futures::stream::repeat_with(move || {
        let _held = &noted;
        Ok::<_, std::io::Error>(piece.clone())
    }))
}

pub struct Client(pub TcpStream);

impl Client {
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        timeout(PATIENCE, self.0.write_all(bytes.as_ref())).await.expect("the server reads").expect("it is open");
    }

    /// Everything until the server closes, as text.
    pub async fn rest(&mut self) -> String {
        let mut all = Vec::new();
        // A reset is an end as well.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut all)).await.expect("the server closes");
        String::from_utf8_lossy(&all).into_owned()
    }

    /// One answer with a Content-Length.
    pub async fn answer(&mut self) -> String {
        let mut answer = String::new();
        while !is_whole(&answer) {
            let mut byte = [0];
            match timeout(PATIENCE, self.0.read(&mut byte)).await.expect("an answer") {
                Ok(1) => answer.push(char::from(byte[0])),
                _ => panic!("the connection ended: {answer:?}"),
            }
        }
        answer
    }

    pub async fn get(&mut self) -> String {
        self.send("GET / HTTP/1.1\r\nHost: village.example\r\n\r\n").await;
        self.answer().await
    }
}

fn is_whole(answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return false };
    let length = head.to_lowercase().split_once("content-length: ").map(|(_, rest)| rest.to_owned());
    let length = length.and_then(|rest| rest.lines().next().and_then(|length| length.parse().ok())).unwrap_or(0);
    body.len() >= length
}

/// HTTP/2 frames.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

pub fn settings(pairs: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<u8> =
        pairs.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
    frame(4, 0, 0, &payload)
}

/// HPACK: every field literal, never indexed, without Huffman codes.
pub fn fields(pairs: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    pairs.iter().flat_map(|(name, value)| [vec![0x10], text(name), text(value)].concat()).collect()
}

/// A whole request without a body.
pub fn get_frame(stream: u32, path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let mut pairs = vec![(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "village.example")];
    pairs.extend(more);
    frame(1, 0x4 | 0x1, stream, &fields(&pairs))
}
