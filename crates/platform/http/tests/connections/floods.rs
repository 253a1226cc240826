//! HTTP/2 frames that cost their sender little and are worth nothing.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::wire::{Client, PATIENCE, PREFACE, Server, fields, frame, get_frame, limits, settings};

/// Sends frames until the server closes; reads what it answers meanwhile.
async fn flood(mut client: Client, mut next: impl FnMut(u32) -> Vec<u8>) {
    client.send([PREFACE, &settings(&[])].concat()).await;
    let (mut reader, mut writer) = client.0.split();
    let writes = async {
        let mut stream = 1;
        while writer.write_all(&next(stream)).await.is_ok() {
            stream += 2;
        }
    };
    let reads = async {
        let mut buffer = [0; 4096];
        while reader.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
    };
    let ended = async {
        tokio::select! { () = writes => {}, () = reads => {} }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("the server closes");
}

#[tokio::test]
async fn floods_of_frames_end_the_connection_and_nobody_elses() {
    // Not the silence of the connection: a request every now and then would not help either.
    let server = Server::start(village_http::Connections { head_timeout: PATIENCE * 2, ..limits() }).await;
    let mut other = server.connect().await;
    other.get().await;
    let pings = |_| frame(6, 0, 0, b"12345678").repeat(500);
    let all_settings = |_| settings(&[]).repeat(500);
    let priorities = |stream| frame(2, 0, stream, &[0, 0, 0, 0, 1]).repeat(500);
    flood(server.connect().await, pings).await;
    flood(server.connect().await, all_settings).await;
    flood(server.connect().await, priorities).await;
    assert!(other.get().await.contains("hello"));
}

#[tokio::test]
async fn streams_that_are_opened_only_to_be_reset_end_the_connection() {
    let server = Server::start(limits()).await;
    flood(server.connect().await, |stream| (0..100).flat_map(|n| reset(stream * 100 + 2 * n + 1)).collect()).await;
}

fn reset(stream: u32) -> Vec<u8> {
    [get_frame(stream, "/", &[]), frame(3, 0, stream, &8_u32.to_be_bytes())].concat()
}

#[tokio::test]
async fn a_head_that_never_ends_ends_the_connection() {
    let server = Server::start(limits()).await;
    let mut begun = false;
    flood(server.connect().await, move |_| match std::mem::replace(&mut begun, true) {
        false => frame(1, 0, 1, &fields(&[(":method", "GET"), (":scheme", "http"), (":path", "/")])),
        true => frame(9, 0, 1, &fields(&[("x-more", "and more and more and more and more")]).repeat(50)),
    })
    .await;
}
