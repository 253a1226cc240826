//! A client's end of the live connection, as lean as can be: the machine is shared with what is measured.

use std::borrow::Cow;

use anyhow::{Context as _, bail};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

pub struct Sender(SplitSink<WebSocketStream<MaybeTlsStream<TcpStream>>, Message>);
pub struct Receiver(SplitStream<WebSocketStream<MaybeTlsStream<TcpStream>>>);

/// As much of a frame as the load looks at.
#[derive(Deserialize)]
pub struct Frame<'a> {
    pub r#type: &'a str,
    #[serde(borrow)]
    pub message: Option<MessageText<'a>>,
}

#[derive(Deserialize)]
pub struct MessageText<'a> {
    #[serde(borrow)]
    pub body: Cow<'a, str>,
}

/// Connects and says hello.
pub async fn open(base: &str, token: &str) -> anyhow::Result<(Sender, Receiver)> {
    let mut request = format!("{}/messaging", base.replacen("http", "ws", 1)).into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("village.v1"));
    let config = WebSocketConfig::default().read_buffer_size(4_096).write_buffer_size(0);
    let (stream, _) = connect_async_with_config(request, Some(config), true).await?;
    let (sender, receiver) = stream.split();
    let (mut sender, mut receiver) = (Sender(sender), Receiver(receiver));
    sender.send(json!({ "type": "hello", "ref": "hello", "token": token }).to_string()).await?;
    loop {
        let text = receiver.next().await?;
        match read(&text)?.r#type {
            "ack" => return Ok((sender, receiver)),
            "error" => bail!("hello was refused: {text}"),
            _ => {}
        }
    }
}

pub fn read(text: &str) -> anyhow::Result<Frame<'_>> {
    serde_json::from_str(text).with_context(|| format!("not a frame: {text}"))
}

impl Sender {
    pub async fn send(&mut self, text: String) -> anyhow::Result<()> {
        Ok(self.0.send(Message::text(text)).await?)
    }

    /// `number` is the client id too.
    pub async fn send_text(&mut self, conversation: &str, number: u64, body: &str) -> anyhow::Result<()> {
        let frame = json!({
            "type": "send", "ref": "s", "conversation_id": conversation, "client_id": number.to_string(), "body": body,
        });
        self.send(frame.to_string()).await
    }
}

impl Receiver {
    /// The next text; an error when the connection ends, which no measure expects.
    pub async fn next(&mut self) -> anyhow::Result<Utf8Bytes> {
        loop {
            match self.0.next().await.context("the connection ended")?? {
                Message::Text(text) => return Ok(text),
                Message::Close(close) => bail!("the server closed the connection: {close:?}"),
                _ => {}
            }
        }
    }
}

/// What follows the number in a text.
const WORDS: &str = "She slept through the night, and so did we, for the first time since we came home from the hospital. \
                     Thank you all for the kind words, the soup and the tiny hats. We will bring cake on Sunday.";

/// A text of about 190 bytes that says which one it is, so that each receiver can tell that it has all of them.
pub fn body(number: u64) -> String {
    format!("{number:010} {WORDS}")
}

/// The number that [`body`] wrote; an error when the text is not one of ours, whole.
pub fn number_of(text: &str) -> anyhow::Result<u64> {
    let (number, words) = text.split_once(' ').context("not a text of ours")?;
    anyhow::ensure!(words == WORDS, "message {number} was changed on its way");
    Ok(number.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_190_bytes_and_says_its_number() {
        assert!((185..=205).contains(&body(7).len()), "{}", body(7).len());
        assert_eq!(number_of(&body(7)).unwrap(), 7);
        assert!(number_of(&body(7).replace("night", "day")).is_err());
    }
}
