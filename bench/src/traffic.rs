//! The load: HTTP/1.1 on connections that stay open, with as little work for each request as can be. The machine is
//! shared with what is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The request of each number.
pub type Requests = Arc<dyn Fn(u64) -> Bytes + Send + Sync>;

pub fn get(path: &str, token: Option<&str>) -> Bytes {
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{}\r\n", authorization(token)).into()
}

pub fn post(path: &str, token: Option<&str>, json: &str) -> Bytes {
    let length = json.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{json}",
        authorization(token)
    )
    .into()
}

fn authorization(token: Option<&str>) -> String {
    token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default()
}

pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Answer<'_> {
    pub fn expect_success(&self) -> anyhow::Result<()> {
        let text = || String::from_utf8_lossy(self.body).into_owned();
        ensure!((200..300).contains(&self.status), "the server answered {}: {}", self.status, text());
        Ok(())
    }
}

impl Connection {
    /// `address` is `127.0.0.1:PORT`.
    pub async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(32 * 1024) })
    }

    pub async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (head, status, length) = loop {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server closed the connection");
            if let Some(head) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let (status, length) = read_head(&self.buffer[..head])?;
                break (head + 4, status, length);
            }
        };
        while self.buffer.len() < head + length {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server closed the connection");
        }
        ensure!(self.buffer.len() == head + length, "the server sent more than it announced");
        Ok(Answer { status, body: &self.buffer[head..] })
    }
}

/// Status and length of the body.
fn read_head(head: &[u8]) -> anyhow::Result<(u16, usize)> {
    let head = std::str::from_utf8(head)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("no status")?.parse()?;
    for line in lines {
        let (name, value) = line.split_once(':').context("a header without a colon")?;
        if name.eq_ignore_ascii_case("content-length") {
            return Ok((status, value.trim().parse()?));
        }
    }
    if status == 204 {
        return Ok((status, 0));
    }
    bail!("an answer without a length:\n{head}")
}

/// What came back.
#[derive(Default)]
pub struct Load {
    pub requests: u64,
    pub wall_seconds: f64,
    /// From when a request was due to its whole answer.
    pub latencies_ms: Vec<f64>,
}

#[derive(Clone, Copy)]
pub enum Until {
    Elapsed(Duration),
    Count(u64),
}

async fn open(address: &str, connections: usize) -> anyhow::Result<Vec<Connection>> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    Ok(open)
}

/// Each connection sends its next request when the answer to the one before is there. Fails at the first answer that
/// is not a success.
pub async fn closed(address: &str, connections: usize, until: Until, requests: &Requests) -> anyhow::Result<Load> {
    let next = Arc::new(AtomicU64::new(0));
    let open = open(address, connections).await?;
    let started = Instant::now();
    let mut clients = JoinSet::new();
    for mut connection in open {
        let (next, requests) = (next.clone(), requests.clone());
        clients.spawn(async move {
            let mut latencies_ms = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let is_over = match until {
                    Until::Elapsed(length) => started.elapsed() >= length,
                    Until::Count(count) => number >= count,
                };
                if is_over {
                    return anyhow::Ok(latencies_ms);
                }
                let sent_at = Instant::now();
                connection.exchange(&requests(number)).await?.expect_success()?;
                latencies_ms.push(sent_at.elapsed().as_secs_f64() * 1_000.0);
            }
        });
    }
    collect(clients, started).await
}

/// `per_second` requests, each at its time whether or not the ones before are answered; of what had to wait for a free
/// connection, the wait counts. `accepts` says whether an answer is one that was wanted.
pub async fn steady(
    address: &str,
    connections: usize,
    per_second: f64,
    length: Duration,
    requests: &Requests,
    accepts: fn(u16) -> bool,
) -> anyhow::Result<Load> {
    let next = Arc::new(AtomicU64::new(0));
    let count = (per_second * length.as_secs_f64()) as u64;
    let open = open(address, connections).await?;
    let started = Instant::now();
    let mut clients = JoinSet::new();
    for mut connection in open {
        let (next, requests) = (next.clone(), requests.clone());
        clients.spawn(async move {
            let mut latencies_ms = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(latencies_ms);
                }
                let due = started + Duration::from_secs_f64(number as f64 / per_second);
                tokio::time::sleep_until(due.into()).await;
                let answer = connection.exchange(&requests(number)).await?;
                if !accepts(answer.status) {
                    answer.expect_success()?;
                }
                latencies_ms.push(due.elapsed().as_secs_f64() * 1_000.0);
            }
        });
    }
    collect(clients, started).await
}

async fn collect(mut clients: JoinSet<anyhow::Result<Vec<f64>>>, started: Instant) -> anyhow::Result<Load> {
    let mut latencies_ms = Vec::new();
    while let Some(client) = clients.join_next().await {
        latencies_ms.append(&mut client??);
    }
    let wall_seconds = started.elapsed().as_secs_f64();
    Ok(Load { requests: latencies_ms.len() as u64, wall_seconds, latencies_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_tells_status_and_length() {
        assert_eq!(read_head(b"HTTP/1.1 201 Created\r\nContent-Length: 12\r\nx: y").unwrap(), (201, 12));
        assert_eq!(read_head(b"HTTP/1.1 204 No Content\r\nx: y").unwrap(), (204, 0));
        assert!(read_head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked").is_err());
    }
}
