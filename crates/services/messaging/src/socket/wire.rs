//! Writing to and closing one WebSocket, never waiting without end.

use std::collections::HashMap;
use std::mem;
use std::sync::LazyLock;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures::{SinkExt, StreamExt};
use village_kernel::ConversationId;

use crate::socket::frames::{CloseCode, ServerFrame};
use crate::socket::{Outgoing, Socket, encode};

/// How long the close handshake may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Conversations one socket remembers the last seq of; beyond that duplicates reach the client, which drops them.
const MAX_REMEMBERED: usize = 4_096;

/// Kept, since it is counted up with every write of every socket.
static DELIVERED: LazyLock<metrics::Counter> =
    LazyLock::new(|| metrics::counter!("village_messaging_delivered_frames_total"));

/// The connection cannot be written to any more.
pub(super) struct Gone;

/// One WebSocket with what has been sent on it.
pub(super) struct Wire {
    pub ws: WebSocket,
    write_timeout: Duration,
    /// The last seq sent of each conversation that stirred.
    sent: HashMap<ConversationId, i64>,
    /// Conversations whose `resume` has not been answered yet: the answer will hold what is live meanwhile.
    pub resuming: HashMap<ConversationId, i64>,
    /// Messages of the batch at hand.
    delivered: u64,
}

impl Wire {
    pub fn new(ws: WebSocket, write_timeout: Duration) -> Self {
        Self { ws, write_timeout, sent: HashMap::new(), resuming: HashMap::new(), delivered: 0 }
    }

    /// The view of the client now equals the database at `seq`.
    pub fn reached(&mut self, conversation: ConversationId, seq: i64) {
        if self.sent.len() >= MAX_REMEMBERED {
            self.sent.clear();
        }
        let sent = self.sent.entry(conversation).or_insert(seq);
        *sent = (*sent).max(seq);
    }

    pub async fn write_text(&mut self, text: Utf8Bytes) -> Result<(), Gone> {
        match tokio::time::timeout(self.write_timeout, self.ws.send(Message::Text(text))).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }

    /// Writes all that is queued, in batches that are flushed once. `Ok(Some)` when the socket is to be closed.
    pub async fn write_queued(&mut self, socket: &Socket) -> Result<Option<CloseCode>, Gone> {
        loop {
            let (frames, close) = socket.take();
            if frames.is_empty() {
                return Ok(close);
            }
            let timeout = self.write_timeout;
            let batch = async {
                for frame in frames {
                    self.feed(socket, frame).await?;
                }
                self.ws.flush().await.map_err(|_| Gone)?;
                DELIVERED.increment(mem::take(&mut self.delivered));
                Ok(())
            };
            tokio::select! {
                biased;
                written = tokio::time::timeout(timeout, batch) => match written {
                    Ok(written) => written?,
                    Err(_) => {
                        metrics::counter!("village_messaging_slow_readers_total").increment(1);
                        return Ok(Some(CloseCode::Resume));
                    }
                },
                // The queue has overflown behind a write that does not come to an end.
                () = socket.cut.notified() => return Ok(socket.take().1),
            }
        }
    }

    /// Hands one frame to the write buffer, unless the client has what it says.
    async fn feed(&mut self, socket: &Socket, frame: Outgoing) -> Result<(), Gone> {
        let text = match frame {
            Outgoing::Message(frame) => {
                let conversation = frame.conversation();
                if self.resuming.contains_key(&conversation) {
                    return Ok(());
                }
                let last = self.sent.get(&conversation).copied();
                if last.is_some_and(|last| frame.seq() <= last) {
                    return Ok(());
                }
                let prev_seq = last.map_or(frame.prev_seq, |last| last.max(frame.prev_seq));
                self.reached(conversation, frame.seq());
                self.delivered += 1;
                frame.text(socket.user, prev_seq)
            }
            Outgoing::Gap(conversation_id, upto) => {
                self.reached(conversation_id, upto);
                encode(&ServerFrame::Gap { conversation_id, upto })
            }
            Outgoing::Passed(conversation_id, from, upto) => {
                let last = self.sent.get(&conversation_id).copied();
                // A hole before it is not closed by saying that there is nothing in what follows: the next message, or
                // the next heartbeat, shows it.
                let is_hole = last.is_some_and(|last| from > last);
                if is_hole || last.is_some_and(|last| upto <= last) || self.resuming.contains_key(&conversation_id) {
                    return Ok(());
                }
                self.reached(conversation_id, upto);
                let from = last.map_or(from, |last| last.max(from));
                encode(&ServerFrame::Rows { conversation_id, from, upto, messages: &[] })
            }
            Outgoing::Text(text) => text,
            Outgoing::Beat(text) => {
                self.ws.feed(Message::Ping(Bytes::new())).await.map_err(|_| Gone)?;
                text
            }
        };
        self.ws.feed(Message::Text(text)).await.map_err(|_| Gone)
    }

    /// Says why, then waits shortly for the client to have heard it: dropping a connection with unread input
    /// resets it, and the code would be lost.
    pub async fn close(mut self, code: CloseCode) {
        let frame = CloseFrame { code: code.code(), reason: code.reason().into() };
        let handshake = async {
            if self.ws.send(Message::Close(Some(frame))).await.is_err() {
                return;
            }
            if code == CloseCode::FrameTooLarge {
                // What is left of such a frame cannot be read.
                tokio::time::sleep(CLOSE_TIMEOUT / 4).await;
                return;
            }
            while let Some(Ok(_)) = self.ws.next().await {}
        };
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, handshake).await;
    }
}
