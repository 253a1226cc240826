//! The life of one connection: one task that reads, and writes what the node has queued for it.

use std::sync::Arc;

use axum::Error;
use axum::extract::ws::{Message, WebSocket};
use futures::StreamExt;
use tokio_tungstenite::tungstenite;

use crate::Messaging;
use crate::hub::Waiting;
use crate::socket::Socket;
use crate::socket::frames::{CloseCode, MAX_FRAME_BYTES};
use crate::socket::requests::Allowance;
use crate::socket::wire::{Gone, Wire};

/// What a received frame leads to.
pub(super) enum Next {
    Continue,
    Close(CloseCode),
    Gone,
}

impl From<Gone> for Next {
    fn from(_: Gone) -> Self {
        Next::Gone
    }
}

impl Messaging {
    pub(super) async fn serve_socket(self: Arc<Self>, ws: WebSocket, waiting: Waiting, origin_allowed: bool) {
        let mut wire = Wire::new(ws, self.settings.write_timeout);
        if !origin_allowed {
            return wire.close(CloseCode::OriginRefused).await;
        }
        // Boxed: what only the beginning needs would stay part of this task for as long as the socket is open.
        let socket = match Box::pin(self.await_hello(&mut wire)).await {
            Ok(socket) => socket,
            Err(Next::Close(code)) => return Box::pin(wire.close(code)).await,
            Err(_) => return,
        };
        drop(waiting);
        let member = Registered { messaging: &self, socket: &socket };
        let next = self.converse(&mut wire, &socket).await;
        drop(member);
        if let Next::Close(code) = next {
            Box::pin(wire.close(code)).await;
        }
    }

    async fn converse(self: &Arc<Self>, wire: &mut Wire, socket: &Arc<Socket>) -> Next {
        let mut allowance = Allowance::new(&self.settings);
        loop {
            let next = tokio::select! {
                () = socket.wake.notified() => Next::Continue,
                received = wire.ws.next() => Box::pin(self.on_received(wire, socket, &mut allowance, received)).await,
            };
            match next {
                Next::Continue => match Box::pin(wire.write_queued(socket)).await {
                    Ok(None) => {}
                    Ok(Some(code)) => return Next::Close(code),
                    Err(Gone) => return Next::Gone,
                },
                end => return end,
            }
        }
    }

    async fn on_received(
        self: &Arc<Self>,
        wire: &mut Wire,
        socket: &Arc<Socket>,
        allowance: &mut Allowance,
        received: Option<Result<Message, Error>>,
    ) -> Next {
        socket.heard();
        match text_of(received) {
            Ok(Some(text)) => self.on_frame(wire, socket, allowance, &text).await,
            Ok(None) => Next::Continue,
            Err(next) => next,
        }
    }
}

/// The text of a data frame; `None` for pings and pongs, which the WebSocket has dealt with.
pub(super) fn text_of(received: Option<Result<Message, Error>>) -> Result<Option<axum::extract::ws::Utf8Bytes>, Next> {
    match received {
        Some(Ok(Message::Text(text))) if text.len() > MAX_FRAME_BYTES => Err(Next::Close(CloseCode::FrameTooLarge)),
        Some(Ok(Message::Text(text))) => Ok(Some(text)),
        Some(Ok(Message::Binary(bytes))) if bytes.len() > MAX_FRAME_BYTES => Err(Next::Close(CloseCode::FrameTooLarge)),
        Some(Ok(Message::Binary(_))) => Err(Next::Close(CloseCode::Protocol)),
        // Reading on answers a close frame; then the stream ends.
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_))) => Ok(None),
        Some(Err(error)) => Err(match error.into_inner().downcast_ref() {
            Some(tungstenite::Error::Capacity(_)) => Next::Close(CloseCode::FrameTooLarge),
            Some(tungstenite::Error::Utf8(_)) => Next::Close(CloseCode::Protocol),
            _ => Next::Gone,
        }),
        None => Err(Next::Gone),
    }
}

/// Takes the socket out of the registry however its task ends.
struct Registered<'a> {
    messaging: &'a Arc<Messaging>,
    socket: &'a Arc<Socket>,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.messaging.disconnected(self.socket);
    }
}
