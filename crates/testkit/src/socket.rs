//! A person's live socket, `GET /messaging`.

use std::collections::VecDeque;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::Person;

/// How long a frame that must come may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Frames that came before the one a test waits for are kept, and found when it asks for them.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    kept: VecDeque<Value>,
    refs: u32,
}

impl Socket {
    /// Opens the socket of a server at `http://…`, without a first frame.
    pub async fn connect(base: &str) -> Self {
        Self::try_connect(base, &[]).await.unwrap_or_else(|error| panic!("the socket did not open: {error}"))
    }

    /// With headers of its own, such as `origin`.
    pub async fn try_connect(base: &str, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let url = format!("{}/messaging", base.replacen("http", "ws", 1));
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("village.v1"));
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).expect("a header value"));
        }
        let (stream, _) = connect_async(request).await?;
        Ok(Self { stream, kept: VecDeque::new(), refs: 0 })
    }

    /// Opens the person's socket and says hello. Returns it with the result of the hello.
    pub async fn open(person: &Person) -> (Self, Value) {
        let mut socket = Self::connect(&person.base).await;
        let welcome = socket.hello(person).await;
        (socket, welcome)
    }

    pub async fn hello(&mut self, person: &Person) -> Value {
        let answer = self.request(json!({ "type": "hello", "token": person.token() })).await;
        answer.unwrap_or_else(|error| panic!("hello was refused: {error}"))
    }

    /// Sends a frame as it is.
    pub async fn send(&mut self, frame: &Value) {
        self.send_raw(Message::text(frame.to_string())).await.expect("the socket is open");
    }

    /// Anything a client might send: malformed, binary, too long. An error means that the socket is closed.
    pub async fn send_raw(&mut self, message: Message) -> Result<(), Error> {
        self.stream.send(message).await
    }

    /// Sends a frame with a new `ref` and waits for its answer: the `result` of the ack, or the error frame.
    pub async fn request(&mut self, mut frame: Value) -> Result<Value, Value> {
        self.refs += 1;
        let reference = format!("r{}", self.refs);
        frame["ref"] = reference.clone().into();
        self.send(&frame).await;
        let answers = |frame: &Value| frame["ref"] == reference && (frame["type"] == "ack" || frame["type"] == "error");
        let mut answer = self.next("the answer", answers).await;
        if answer["type"] == "ack" { Ok(answer["result"].take()) } else { Err(answer) }
    }

    /// The first frame, of those kept and those to come, that is the wanted one; panics with what came instead.
    pub async fn next(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(position) = self.kept.iter().position(&wanted) {
            return self.kept.remove(position).expect("it was just found");
        }
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let Ok(read) = tokio::time::timeout_at(deadline, self.read()).await else {
                panic!("{what} did not come within {} s; what came: {:#?}", PATIENCE.as_secs(), self.kept);
            };
            match read {
                Ok(frame) if wanted(&frame) => return frame,
                Ok(frame) => self.kept.push_back(frame),
                Err(close) => panic!("the socket was closed ({close:?}) before {what} came: {:#?}", self.kept),
            }
        }
    }

    /// The next frame of a type.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        self.next(kind, |frame| frame["type"] == kind).await
    }

    /// Everything that came until now, once the server has answered a ping sent now: what it sent before is here.
    /// A test that something does *not* come looks into this.
    pub async fn so_far(&mut self) -> Vec<Value> {
        self.request(json!({ "type": "ping" })).await.expect("the server answers a ping");
        self.kept.drain(..).collect()
    }

    /// The code with which the server closes, skipping frames before it; `None` when the connection just ends.
    pub async fn closed(&mut self) -> Option<u16> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            match tokio::time::timeout_at(deadline, self.read()).await {
                Ok(Ok(frame)) => self.kept.push_back(frame),
                Ok(Err(code)) => return code,
                Err(_) => panic!("the socket was not closed within {} s", PATIENCE.as_secs()),
            }
        }
    }

    /// Leaves without a word, as a phone in a tunnel does.
    pub fn vanish(self) {}

    async fn read(&mut self) -> Result<Value, Option<u16>> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Ok(serde_json::from_str(&text).unwrap_or_else(|_| panic!("a frame is not JSON: {text}")));
                }
                Some(Ok(Message::Close(close))) => return Err(close.map(|close| close.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }
}
