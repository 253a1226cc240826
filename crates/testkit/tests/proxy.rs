//! The failing network of the tests does what it says.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use village_testkit::FaultProxy;

/// Sends everything back, and tells the test what it got.
async fn echo() -> (String, mpsc::UnboundedReceiver<u8>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move {
                while let Ok(byte) = stream.read_u8().await {
                    let _ = tell.send(byte);
                    if stream.write_u8(byte).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, told)
}

async fn ask(stream: &mut TcpStream, byte: u8) -> std::io::Result<u8> {
    stream.write_u8(byte).await?;
    timeout(Duration::from_secs(10), stream.read_u8()).await.expect("an answer or an end")
}

/// Long enough for what would pass to have passed on this machine; a slow machine only makes the test more lenient.
async fn stays_silent(stream: &mut TcpStream) {
    assert!(timeout(Duration::from_millis(300), stream.read_u8()).await.is_err(), "nothing may pass");
}

#[tokio::test]
async fn it_passes_and_cuts_and_serves_again() {
    let mut proxy = FaultProxy::start(echo().await.0).await;
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(ask(&mut stream, 1).await.unwrap(), 1);

    proxy.cut().await;
    assert!(ask(&mut stream, 2).await.is_err(), "closed");
    assert_eq!(TcpStream::connect(proxy.address()).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);

    proxy.resume().await;
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(ask(&mut stream, 3).await.unwrap(), 3);
    proxy.cut_once().await;
    assert!(ask(&mut stream, 4).await.is_err(), "closed");
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(ask(&mut stream, 5).await.unwrap(), 5);
    assert_eq!(proxy.accepted(), 3);
}

#[tokio::test]
async fn what_is_held_back_while_stalled_arrives_afterwards() {
    let (upstream, mut told) = echo().await;
    let mut proxy = FaultProxy::start(upstream).await;
    let mut old = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(ask(&mut old, 1).await.unwrap(), 1);
    assert_eq!(told.recv().await, Some(1));

    proxy.stall();
    let mut new = TcpStream::connect(proxy.address()).await.expect("accepted");
    old.write_u8(2).await.unwrap();
    new.write_u8(3).await.unwrap();
    stays_silent(&mut old).await;
    stays_silent(&mut new).await;
    assert!(told.try_recv().is_err(), "the server got nothing");

    proxy.resume().await;
    assert_eq!(old.read_u8().await.unwrap(), 2);
    assert_eq!(new.read_u8().await.unwrap(), 3);

    while told.try_recv().is_ok() {}
    proxy.stall_answers();
    old.write_u8(4).await.unwrap();
    assert_eq!(told.recv().await, Some(4), "the server got it");
    stays_silent(&mut old).await;
    proxy.cut().await;
    assert!(old.read_u8().await.is_err(), "and the client never learns");
}

#[tokio::test]
async fn delayed_bytes_keep_their_order() {
    let mut proxy = FaultProxy::start(echo().await.0).await;
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let by = Duration::from_millis(100);
    proxy.delay(by);
    let started = Instant::now();
    for byte in 0..20 {
        stream.write_u8(byte).await.unwrap();
    }
    for byte in 0..20 {
        assert_eq!(stream.read_u8().await.unwrap(), byte);
    }
    assert!(started.elapsed() >= 2 * by, "there and back");
    proxy.resume().await;
    assert_eq!(ask(&mut stream, 9).await.unwrap(), 9);
}

#[tokio::test]
async fn it_stands_before_the_server_of_a_url() {
    let (upstream, _told) = echo().await;
    let proxy = FaultProxy::before(&format!("postgres://village:se@cret@{upstream}/db?x=1")).await;
    let url = proxy.url("postgres://village:se@cret@127.0.0.1:1/db?x=1");
    assert_eq!(url, format!("postgres://village:se@cret@{}/db?x=1", proxy.address()));
    assert_eq!(proxy.url("redis://127.0.0.1:1"), format!("redis://{}", proxy.address()));
    assert_eq!(ask(&mut TcpStream::connect(proxy.address()).await.unwrap(), 7).await.unwrap(), 7);
}
