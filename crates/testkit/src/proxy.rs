//! A network that fails when a test says so: a TCP proxy in front of PostgreSQL, Redis or anything else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use crate::free_port;

/// What the network does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    Fair,
    /// Everything arrives this much later, in order.
    Slow(Duration),
    /// Connections are accepted and stay open; nothing passes.
    Stalled,
    /// What the client sends arrives; it hears nothing.
    Mute,
}

/// Listens on 127.0.0.1 and forwards to one server. Drop it, and its connections are closed.
///
/// Every change waits until it is in force. What was held back while stalled is delivered on [`Self::resume`].
pub struct FaultProxy {
    port: u16,
    upstream: String,
    weather: watch::Sender<Weather>,
    accepted: Arc<AtomicUsize>,
    acceptor: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl FaultProxy {
    /// `upstream` is `host:port`, and need not listen yet.
    pub async fn start(upstream: impl Into<String>) -> Self {
        let mut proxy = Self {
            port: 0,
            upstream: upstream.into(),
            weather: watch::Sender::new(Weather::Fair),
            accepted: Arc::default(),
            acceptor: None,
        };
        for _ in 0..3 {
            proxy.port = free_port();
            if proxy.listen().await.is_ok() {
                return proxy;
            }
        }
        panic!("no free port was still free when the proxy wanted it");
    }

    /// In front of the server that a URL names.
    pub async fn before(url: &str) -> Self {
        let (_, rest) = url.split_once("://").expect("a URL");
        let authority = rest.split(['/', '?']).next().unwrap_or(rest);
        Self::start(authority.rsplit_once('@').map_or(authority, |(_, host)| host)).await
    }

    /// `127.0.0.1:PORT`
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The same URL by way of the proxy.
    pub fn url(&self, url: &str) -> String {
        let (scheme, rest) = url.split_once("://").expect("a URL");
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let user = authority.rfind('@').map_or("", |at| &authority[..=at]);
        format!("{scheme}://{user}{}{tail}", self.address())
    }

    /// Connections accepted so far.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Closes every connection and refuses new ones.
    pub async fn cut(&mut self) {
        if let Some((stop, acceptor)) = self.acceptor.take() {
            let _ = stop.send(());
            acceptor.await.expect("the acceptor does not panic");
        }
    }

    /// Closes every connection; new ones are served.
    pub async fn cut_once(&mut self) {
        self.cut().await;
        self.listen().await.expect("the port is still ours");
    }

    /// Keeps connections and accepts new ones, but nothing passes: the peer is alive for TCP only.
    pub fn stall(&self) {
        self.weather.send_replace(Weather::Stalled);
    }

    /// Forwards what the client sends and holds every answer back: did it happen or not?
    pub fn stall_answers(&self) {
        self.weather.send_replace(Weather::Mute);
    }

    /// Everything arrives later by this much, in each direction.
    pub fn delay(&self, by: Duration) {
        self.weather.send_replace(Weather::Slow(by));
    }

    /// Good weather again, after whatever it was.
    pub async fn resume(&mut self) {
        self.weather.send_replace(Weather::Fair);
        if self.acceptor.is_none() {
            self.listen().await.expect("the port is still ours");
        }
    }

    async fn listen(&mut self) -> std::io::Result<()> {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await?;
        let (stop, stopped) = oneshot::channel();
        let serve = accept(listener, self.upstream.clone(), self.weather.subscribe(), self.accepted.clone(), stopped);
        self.acceptor = Some((stop, tokio::spawn(serve)));
        Ok(())
    }
}

async fn accept(
    listener: TcpListener,
    upstream: String,
    weather: watch::Receiver<Weather>,
    accepted: Arc<AtomicUsize>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            incoming = listener.accept() => {
                let Ok((client, _)) = incoming else { continue };
                accepted.fetch_add(1, Ordering::SeqCst);
                connections.spawn(forward(client, upstream.clone(), weather.clone()));
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn forward(client: TcpStream, upstream: String, mut weather: watch::Receiver<Weather>) {
    if weather.wait_for(|weather| *weather != Weather::Stalled).await.is_err() {
        return;
    }
    let Ok(server) = TcpStream::connect(&upstream).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let asks = pump(from_client, to_server, weather.clone(), &[Weather::Stalled]);
    let answers = pump(from_server, to_client, weather, &[Weather::Stalled, Weather::Mute]);
    tokio::join!(asks, answers);
}

/// One direction, until either end closes or breaks.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    weather: watch::Receiver<Weather>,
    held: &'static [Weather],
) {
    // What is on its way; a full network makes the sender wait.
    let (enter, mut leave) = mpsc::channel::<(Instant, Vec<u8>)>(64);
    let reader = async {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let due = match *weather.borrow() {
                Weather::Slow(by) => Instant::now() + by,
                _ => Instant::now(),
            };
            if enter.send((due, buffer[..length].to_vec())).await.is_err() {
                return;
            }
        }
        drop(enter);
    };
    let mut writer_weather = weather.clone();
    let writer = async {
        while let Some((due, bytes)) = leave.recv().await {
            tokio::time::sleep_until(due).await;
            let passes = writer_weather.wait_for(|weather| !held.contains(weather)).await.is_ok();
            if !passes || to.write_all(&bytes).await.is_err() {
                leave.close();
                return;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(reader, writer);
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        if let Some((_, acceptor)) = self.acceptor.take() {
            acceptor.abort();
        }
    }
}
