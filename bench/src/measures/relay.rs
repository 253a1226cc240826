//! The bare relay: what handing a text to everybody costs without accounts, order, storage or repair.
//!
//! It speaks as much of the protocol as the load needs, encodes each frame once and shares it, and writes what waits
//! for a socket before it flushes once. No message is kept, so nothing that is lost here can be found again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use futures::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast;

/// Frames that may wait for one reader.
const BACKLOG: usize = 4_096;

struct Relay {
    frames: broadcast::Sender<Utf8Bytes>,
    last_seq: AtomicI64,
}

#[derive(Deserialize)]
struct Received {
    r#type: String,
    r#ref: String,
    #[serde(default)]
    body: String,
}

pub async fn serve(listen: SocketAddr) -> anyhow::Result<()> {
    let relay = Arc::new(Relay { frames: broadcast::channel(BACKLOG).0, last_seq: AtomicI64::new(0) });
    let router = Router::new().route("/messaging", get(open)).route("/readyz", get(|| async {})).with_state(relay);
    Ok(axum::serve(tokio::net::TcpListener::bind(listen).await?, router).await?)
}

async fn open(State(relay): State<Arc<Relay>>, upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade.protocols(["village.v1"]).read_buffer_size(4_096).write_buffer_size(4_096);
    upgrade.on_upgrade(async move |socket| drop(converse(&relay, socket).await))
}

async fn converse(relay: &Relay, mut socket: WebSocket) -> Result<(), axum::Error> {
    let mut frames = relay.frames.subscribe();
    loop {
        tokio::select! {
            frame = frames.recv() => {
                let Ok(frame) = frame else { return Ok(()) };
                socket.feed(Message::Text(frame)).await?;
                while let Ok(frame) = frames.try_recv() {
                    socket.feed(Message::Text(frame)).await?;
                }
                socket.flush().await?;
            }
            received = socket.next() => {
                let Some(Ok(received)) = received else { return Ok(()) };
                let Message::Text(text) = received else { continue };
                let Ok(frame) = serde_json::from_str::<Received>(&text) else { return Ok(()) };
                if frame.r#type == "send" {
                    let seq = relay.last_seq.fetch_add(1, Ordering::Relaxed) + 1;
                    let _ = relay.frames.send(message(seq, &frame.body).into());
                }
                let ack = json!({ "type": "ack", "ref": frame.r#ref, "result": {} });
                socket.send(Message::Text(ack.to_string().into())).await?;
            }
        }
    }
}

/// The frame of a text as the server writes it; the measure compares their lengths.
fn message(seq: i64, body: &str) -> String {
    let id = uuid::Uuid::nil();
    let message = json!({
        "id": id, "conversation_id": id, "seq": seq, "changed_seq": seq, "number": seq, "kind": "message", "sender_id": id,
        "client_id": null, "body": body, "images": [], "withheld_images": 0, "reply_to": null, "forwarded": false,
        "mentions": [], "reactions": [], "edited_at": null, "deleted_at": null, "pinned_at": null,
        "created_at": "2026-01-01T00:00:00.000000Z", "event": null,
    });
    json!({ "type": "message", "conversation_id": id, "seq": seq, "prev_seq": seq - 1, "message": message }).to_string()
}
