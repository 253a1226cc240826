//! Heads that could be understood in two ways, and bodies that nobody would read, are refused at once.

use village_http::Connections;

use crate::wire::{PREFACE, Server, get_frame, limits, settings};

const HOST: &str = "Host: village.example\r\n";

fn is_problem(answer: &str, status: u16, code: &str) -> bool {
    answer.starts_with(&format!("HTTP/1.1 {status} "))
        && answer.contains("application/problem+json")
        && answer.contains(&format!("\"code\":\"{code}\""))
        && answer.contains("\"request_id\"")
}

#[tokio::test]
async fn a_request_that_ends_in_two_places_is_refused_and_the_connection_closed() {
    let server = Server::start(limits()).await;
    for headers in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: identity, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let mut client = server.connect().await;
        client.send(format!("POST /body HTTP/1.1\r\n{HOST}{headers}\r\n0\r\n\r\n")).await;
        let rest = client.rest().await;
        assert!(is_problem(&rest, 400, "invalid_framing"), "{headers}: {rest}");
        assert!(rest.to_lowercase().contains("connection: close"), "{headers}: {rest}");
    }
    // What the parser itself cannot read.
    for headers in [
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length : 5\r\n",
    ] {
        let mut client = server.connect().await;
        client.send(format!("POST /body HTTP/1.1\r\n{HOST}{headers}\r\n0\r\n\r\n")).await;
        let rest = client.rest().await;
        assert!(rest.starts_with("HTTP/1.1 400 "), "{headers}: {rest}");
    }
    let mut client = server.connect().await;
    client.send(format!("POST /body HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")).await;
    assert!(client.answer().await.ends_with("\r\n\r\n3"));
    client.send(format!("POST /body HTTP/1.1\r\n{HOST}Content-Length: 4\r\n\r\nabcd")).await;
    assert!(client.answer().await.ends_with("\r\n\r\n4"), "on the same connection");
}

#[tokio::test]
async fn a_request_names_its_host_once() {
    let server = Server::start(limits()).await;
    for host in ["", "Host: a.example\r\nHost: b.example\r\n", "Host: a b\r\n", "Host: \r\n", "Host: me@a.example\r\n"]
    {
        let mut client = server.connect().await;
        client.send(format!("GET / HTTP/1.1\r\n{host}\r\n")).await;
        let rest = client.rest().await;
        assert!(is_problem(&rest, 400, "invalid_host"), "{host}: {rest}");
    }
    let mut client = server.connect().await;
    client.send("GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    assert!(is_problem(&client.rest().await, 400, "invalid_host"));
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.0\r\n\r\n").await;
    assert!(client.rest().await.contains("hello"), "HTTP/1.0 had no Host");
}

#[tokio::test]
async fn http_2_agrees_with_itself_about_the_host() {
    let keep_alive = std::time::Duration::from_millis(300);
    let server = Server::start(Connections { keep_alive, ..limits() }).await;
    let cases = [
        (&[][..], "hello"),
        (&[("host", "village.example")], "hello"),
        (&[("host", "other.example")], "invalid_host"),
        (&[("host", "village.example"), ("host", "village.example")], "invalid_host"),
    ];
    let all = cases.map(async |(more, expected)| {
        let mut client = server.connect().await;
        client.send([PREFACE, &settings(&[]), &get_frame(1, "/", more)].concat()).await;
        let rest = client.rest().await;
        assert!(rest.contains(expected), "{more:?}: {rest:?}");
    });
    futures::future::join_all(all).await;
}

#[tokio::test]
async fn a_declared_length_over_the_limit_is_refused_before_the_body_comes() {
    let server = Server::start(limits()).await;
    for (method, path) in [("POST", "/body"), ("POST", "/early"), ("PUT", "/nowhere"), ("GET", "/")] {
        let mut client = server.connect().await;
        client.send(format!("{method} {path} HTTP/1.1\r\n{HOST}Content-Length: 1000000000\r\n\r\n")).await;
        let answer = client.answer().await;
        assert!(is_problem(&answer, 413, "body_too_large"), "{method} {path}: {answer}");
    }
    // A client that sends it all the same reads the answer, too.
    let mut client = server.connect().await;
    let (mut reader, mut writer) = client.0.split();
    let sends = async {
        use tokio::io::AsyncWriteExt as _;
        let head = format!("POST /early HTTP/1.1\r\n{HOST}Content-Length: 600000\r\n\r\n");
        let _ = writer.write_all(head.as_bytes()).await;
        let _ = writer.write_all(&vec![b'x'; 600_000]).await;
        let _ = writer.shutdown().await;
    };
    let reads = async {
        use tokio::io::AsyncReadExt as _;
        let mut all = String::new();
        reader.read_to_string(&mut all).await.expect("no reset");
        all
    };
    let ((), answer) = tokio::join!(sends, reads);
    assert!(is_problem(&answer, 413, "body_too_large"), "{answer}");
    // Without a declared length it is noticed on the way.
    let mut client = server.connect().await;
    client.send(format!("POST /body HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n")).await;
    let chunk = "x".repeat(0x8000);
    for _ in 0..3 {
        client.send(format!("8000\r\n{chunk}\r\n")).await;
    }
    assert!(client.rest().await.starts_with("HTTP/1.1 413 "));
}

#[tokio::test]
async fn a_compressed_body_is_refused_with_a_sentence() {
    let server = Server::start(limits()).await;
    for coding in ["gzip", "br", "identity, gzip"] {
        let mut client = server.connect().await;
        client
            .send(format!("POST /body HTTP/1.1\r\n{HOST}Content-Encoding: {coding}\r\nContent-Length: 2\r\n\r\n{{}}"))
            .await;
        let answer = client.answer().await;
        assert!(is_problem(&answer, 415, "unsupported_media_type"), "{coding}: {answer}");
        assert!(answer.contains("accept-encoding: identity"), "{answer}");
    }
    let mut client = server.connect().await;
    client
        .send(format!("POST /body HTTP/1.1\r\n{HOST}Content-Encoding: identity\r\nContent-Length: 2\r\n\r\n{{}}"))
        .await;
    assert!(client.answer().await.ends_with("\r\n\r\n2"));
}
