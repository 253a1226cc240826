//! A WebSocket to one node.

use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub struct Link {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    code: Option<u16>,
}

pub enum Received {
    Frame(Value),
    /// With the code of the server, when it had time to send one.
    Closed(Option<u16>),
}

impl Link {
    pub async fn open(base: &str) -> Option<Self> {
        let url = format!("{}/messaging", base.replacen("http", "ws", 1));
        let mut request = url.into_client_request().ok()?;
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("village.v1"));
        let (stream, _) = connect_async(request).await.ok()?;
        Some(Self { stream, code: None })
    }

    /// An error means that the connection is gone.
    pub async fn send(&mut self, frame: &Value) -> Result<(), ()> {
        self.stream.send(Message::text(frame.to_string())).await.map_err(|_| ())
    }

    /// Safe to cancel.
    pub async fn receive(&mut self) -> Received {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    if let Ok(frame) = serde_json::from_str(&text) {
                        return Received::Frame(frame);
                    }
                }
                Some(Ok(Message::Close(close))) => {
                    self.code = close.map(|close| close.code.into());
                    return Received::Closed(self.code);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Received::Closed(self.code),
            }
        }
    }

    pub fn code(&self) -> Option<u16> {
        self.code
    }
}
