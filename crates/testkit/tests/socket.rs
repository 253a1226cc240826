//! The socket helper against a server that says what the test wants.

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use village_testkit::Socket;

/// Acknowledges every frame, but sends a heartbeat and a message before each ack; closes with 4008 at `leave`.
async fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = accept_hdr_async(stream, chooses_our_protocol).await.unwrap();
        while let Some(Ok(Message::Text(text))) = socket.next().await {
            let frame: Value = serde_json::from_str(&text).unwrap();
            if frame["type"] == "leave" {
                let close = CloseFrame { code: 4008.into(), reason: "resume".into() };
                let _ = socket.send(Message::Close(Some(close))).await;
                continue;
            }
            let answer = if frame["type"] == "bad" { "error" } else { "ack" };
            for frame in [
                json!({ "type": "heartbeat" }),
                json!({ "type": "message", "seq": 7 }),
                json!({ "type": answer, "ref": frame["ref"], "result": { "kind": frame["type"] }, "code": "protocol" }),
            ] {
                socket.send(Message::text(frame.to_string())).await.unwrap();
            }
        }
    });
    format!("http://{address}")
}

#[allow(clippy::result_large_err, reason = "the signature is the library's")]
fn chooses_our_protocol(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let wanted = request.headers()["sec-websocket-protocol"].clone();
    assert_eq!(wanted, "village.v1");
    response.headers_mut().insert("sec-websocket-protocol", wanted);
    Ok(response)
}

#[tokio::test]
async fn frames_that_came_early_are_found_later_and_the_closing_code_is_told() {
    let mut socket = Socket::connect(&server().await).await;
    assert_eq!(socket.request(json!({ "type": "send" })).await.unwrap(), json!({ "kind": "send" }));
    assert_eq!(socket.next_of("message").await["seq"], 7);
    assert_eq!(socket.request(json!({ "type": "bad" })).await.unwrap_err()["code"], "protocol");
    let kinds: Vec<Value> = socket.so_far().await.into_iter().map(|mut frame| frame["type"].take()).collect();
    assert_eq!(kinds, ["heartbeat", "heartbeat", "message", "heartbeat", "message"]);
    socket.send(&json!({ "type": "leave" })).await;
    assert_eq!(socket.closed().await, Some(4008));
}
