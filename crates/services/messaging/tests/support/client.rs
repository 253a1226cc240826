//! A WebSocket client that speaks `village.v1`.

use std::net::SocketAddr;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{Device, PATIENCE};

pub struct Client {
    pub ws: WebSocketStream<TcpStream>,
    next_ref: u32,
}

/// The status with which the upgrade was refused.
#[derive(Debug, PartialEq)]
pub struct Refused(pub u16);

impl Client {
    pub async fn open(address: SocketAddr) -> Self {
        Self::try_open(address, Some("village.v1"), None).await.unwrap()
    }

    pub async fn try_open(address: SocketAddr, protocol: Option<&str>, origin: Option<&str>) -> Result<Self, Refused> {
        let mut request = format!("ws://{address}/messaging").into_client_request().unwrap();
        let headers = request.headers_mut();
        for (name, value) in [("sec-websocket-protocol", protocol), ("origin", origin)] {
            if let Some(value) = value {
                headers.insert(name, value.parse().unwrap());
            }
        }
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        let stream = socket.connect(address).await.unwrap();
        match client_async(request, stream).await {
            Ok((ws, _)) => Ok(Self { ws, next_ref: 0 }),
            Err(Error::Http(response)) => Err(Refused(response.status().as_u16())),
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends a frame with a fresh `ref`, which is returned.
    pub async fn send(&mut self, mut frame: Value) -> String {
        self.next_ref += 1;
        let reference = self.next_ref.to_string();
        frame["ref"] = json!(reference);
        self.send_raw(Message::text(frame.to_string())).await;
        reference
    }

    pub async fn send_raw(&mut self, message: Message) {
        timeout(PATIENCE, self.ws.send(message)).await.expect("the server reads").expect("the socket is open");
    }

    pub async fn hello(&mut self, device: &Device, resume: Value) -> Value {
        let mut frame = json!({"type": "hello", "token": device.token});
        if !resume.is_null() {
            frame["resume"] = resume;
        }
        let reference = self.send(frame).await;
        let ack = self.next().await;
        assert_eq!((&ack["type"], &ack["ref"]), (&json!("ack"), &json!(reference)), "{ack}");
        ack["result"].clone()
    }

    /// The next frame, or the code the socket was closed with (0 when it ended without one).
    pub async fn next_or_close(&mut self) -> Result<Value, u16> {
        loop {
            match timeout(PATIENCE, self.ws.next()).await.expect("a frame within the patience of a test") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(0, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(0),
            }
        }
    }

    pub async fn next(&mut self) -> Value {
        self.next_or_close().await.expect("a frame, not the end")
    }

    /// The next frame of a type; others are passed over.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// Passes over frames until the socket is closed.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next_or_close().await {
                return code;
            }
        }
    }

    /// Sends a frame and returns its `ack` or `error`, passing over others.
    pub async fn ask(&mut self, frame: Value) -> Value {
        let reference = self.send(frame).await;
        loop {
            let answer = self.next().await;
            if answer["ref"] == reference {
                return answer;
            }
        }
    }
}
