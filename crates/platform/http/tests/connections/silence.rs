//! Connections that say nothing, or too slowly, are closed; those that are in use are kept.

use std::time::Duration;

use village_http::{Connections, HttpConfig};

use crate::wire::{Client, PREFACE, Server, frame, get_frame, limits, settings};

/// Beginnings of a connection that never become a request.
fn beginnings() -> Vec<(&'static str, Vec<u8>)> {
    let opened = [PREFACE, &settings(&[])].concat();
    let half_head = [&opened[..], &frame(1, 0, 1, b"\x10\x07:method\x03GET")].concat();
    vec![
        ("nothing", Vec::new()),
        ("an empty line", b"\r\n".to_vec()),
        ("one letter", b"G".to_vec()),
        ("half a head", b"GET / HTTP/1.1\r\nHost: village.exam".to_vec()),
        ("the letters of both versions", b"PR".to_vec()),
        ("half a preface of HTTP/2", PREFACE[..16].to_vec()),
        ("a preface without settings", PREFACE.to_vec()),
        ("a connection of HTTP/2 without a stream", opened),
        ("half a head of HTTP/2", half_head),
    ]
}

#[tokio::test]
async fn a_connection_that_never_becomes_a_request_is_closed() {
    let server = Server::start(limits()).await;
    let all = beginnings().into_iter().map(async |(what, bytes)| {
        let mut client = server.connect().await;
        client.send(&bytes).await;
        let rest = client.rest().await;
        assert!(!rest.contains("200 OK"), "{what}: {rest}");
    });
    futures::future::join_all(all).await;
}

#[tokio::test]
async fn pings_do_not_keep_a_connection_that_asks_for_nothing() {
    let server = Server::start(limits()).await;
    let mut client = server.connect().await;
    client.send([PREFACE, &settings(&[])].concat()).await;
    let (mut reader, mut writer) = client.0.split();
    let pings = async {
        use tokio::io::AsyncWriteExt as _;
        while writer.write_all(&frame(6, 0, 0, b"stillme?")).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let reads = async {
        use tokio::io::AsyncReadExt as _;
        let mut all = Vec::new();
        let _ = reader.read_to_end(&mut all).await;
    };
    let closed = async {
        tokio::select! { () = pings => {}, () = reads => {} }
    };
    tokio::time::timeout(crate::wire::PATIENCE, closed).await.expect("the server closes");
}

#[tokio::test]
async fn a_full_server_soon_has_room_again() {
    let server = Server::start(Connections { at_most: 9, ..limits() }).await;
    let mut silent = Vec::new();
    for (_, bytes) in beginnings() {
        let mut client = server.connect().await;
        client.send(&bytes).await;
        silent.push(client);
    }
    let mut client = server.connect().await;
    assert!(client.get().await.contains("hello"), "the silent ones had to go");
}

#[tokio::test]
async fn idle_connections_are_kept_unless_others_wait_for_their_place() {
    let server = Server::start(Connections { at_most: 3, ..limits() }).await;
    let mut kept = server.connect().await;
    kept.get().await;
    let mut silent = server.connect().await;
    silent.rest().await;
    assert!(kept.get().await.contains("hello"), "longer than a connection may be silent at its beginning");

    let mut others = [server.connect().await, server.connect().await];
    for other in &mut others {
        other.get().await;
    }
    let mut newcomer = server.connect().await;
    assert!(newcomer.get().await.contains("hello"), "the server was full of idle connections");
}

#[tokio::test]
async fn half_a_head_after_a_request_is_not_kept_either() {
    let server = Server::start(limits()).await;
    let mut client = server.connect().await;
    client.get().await;
    client.send("GET / HTTP/1.1\r\nHo").await;
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn an_idle_connection_ends_at_last() {
    let server = Server::start(Connections { keep_alive: Duration::from_millis(300), ..limits() }).await;
    let mut client = server.connect().await;
    client.get().await;
    assert_eq!(client.rest().await, "");
    let mut client = server.connect().await;
    client.send([PREFACE, &settings(&[]), &get_frame(1, "/", &[])].concat()).await;
    let rest = client.rest().await;
    assert!(rest.contains("hello"), "{rest:?}");
}

#[tokio::test]
async fn a_body_has_to_arrive_within_the_time_of_the_request() {
    let config = HttpConfig { timeout: Duration::from_millis(500), ..HttpConfig::default() };
    let server = Server::start_with(limits(), config).await;
    let mut client = server.connect().await;
    client.send("POST /body HTTP/1.1\r\nHost: village.example\r\nContent-Length: 10\r\n\r\nabc").await;
    let rest = client.rest().await;
    assert!(rest.starts_with("HTTP/1.1 503") && rest.contains("\"timeout\""), "{rest}");
}

#[tokio::test]
async fn whoever_does_not_read_the_answer_is_cut_off() {
    let stalling = Connections { stall_timeout: Duration::from_millis(500), ..limits() };
    let mut server = Server::start(stalling).await;
    let mut client = server.connect().await;
    client.send("GET /endless HTTP/1.1\r\nHost: village.example\r\n\r\n").await;
    given_up(&mut server).await;

    // The same with the windows of HTTP/2: TCP is read, the stream gets no room.
    let mut server = Server::start(stalling).await;
    let mut client = server.connect().await;
    client.send([PREFACE, &settings(&[(4, 0)]), &get_frame(1, "/endless", &[])].concat()).await;
    client.rest().await;
    given_up(&mut server).await;
}

async fn given_up(server: &mut Server) {
    tokio::time::timeout(crate::wire::PATIENCE, server.given_up.recv()).await.expect("it is given up");
}

#[tokio::test]
async fn an_open_socket_takes_a_place_until_it_ends() {
    let server = Server::start(Connections { at_most: 1, per_address: Some(1), ..limits() }).await;
    let mut socket = server.connect().await;
    open_socket(&mut socket).await;
    let mut newcomer = server.connect().await;
    newcomer.send("GET / HTTP/1.1\r\nHost: village.example\r\n\r\n").await;
    let waits = tokio::time::timeout(Duration::from_millis(300), newcomer.answer()).await;
    assert!(waits.is_err(), "the socket has the only place");
    drop(socket);
    assert!(newcomer.answer().await.contains("hello"));
}

async fn open_socket(client: &mut Client) {
    client
        .send(
            "GET /socket HTTP/1.1\r\nHost: village.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )
        .await;
    let answer = client.answer().await;
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
}

#[tokio::test]
async fn one_address_has_a_share_of_the_connections() {
    let server = Server::start(Connections { per_address: Some(2), ..limits() }).await;
    let mut first = server.connect().await;
    first.get().await;
    let mut second = server.connect().await;
    open_socket(&mut second).await;
    let mut third = server.connect().await;
    let rest = third.rest().await;
    assert!(rest.is_empty() || rest.contains("too_many_connections"), "{rest}");
    drop(second);
    let served = async {
        loop {
            let mut another = server.connect().await;
            another.send("GET / HTTP/1.1\r\nHost: village.example\r\nConnection: close\r\n\r\n").await;
            if another.rest().await.contains("hello") {
                break;
            }
        }
    };
    tokio::time::timeout(crate::wire::PATIENCE, served).await.expect("the place is free again");
    assert!(first.get().await.contains("hello"), "who was there stays");
}
