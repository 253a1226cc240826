//! What a client asks for on an open socket, and how often it may.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use tokio::time::Instant;
use village_http::Problem;
use village_ports::TokenError;

use crate::message::NewMessage;
use crate::socket::connection::Next;
use crate::socket::frames::{AckResult, ClientFrame, CloseCode, ServerFrame, parse};
use crate::socket::resume::Interrupted;
use crate::socket::wire::Wire;
use crate::socket::{Access, Outgoing, Socket, encode};
use crate::{Message, Messaging, MessagingError, MessagingSettings, SendMessage};

/// Frames that were refused or could not be read, one after the other, before the socket is closed.
const MAX_STRIKES: u32 = 64;
/// Frames that could not be read weigh more: a program that sends them is broken.
const BAD_FRAME_STRIKES: u32 = 8;

/// A token bucket.
pub(super) struct Allowance {
    left: f64,
    refilled_at: Instant,
    per_second: f64,
    burst: f64,
    strikes: u32,
}

impl Allowance {
    pub fn new(settings: &MessagingSettings) -> Self {
        let burst = f64::from(settings.frame_burst);
        let per_second = f64::from(settings.frames_per_second);
        Self { left: burst, refilled_at: Instant::now(), per_second, burst, strikes: 0 }
    }

    /// Takes one frame's worth, or says how long to wait.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let elapsed = now.saturating_duration_since(self.refilled_at).as_secs_f64();
        self.left = (self.left + elapsed * self.per_second).min(self.burst);
        self.refilled_at = now;
        if self.left >= 1.0 {
            self.left -= 1.0;
            Ok(())
        } else {
            Err(Duration::from_secs_f64((1.0 - self.left) / self.per_second))
        }
    }

    fn strike(&mut self, weight: u32) -> Next {
        self.strikes += weight;
        if self.strikes >= MAX_STRIKES { Next::Close(CloseCode::Protocol) } else { Next::Continue }
    }
}

pub(super) fn error_frame(reference: Option<&str>, problem: &Problem) -> Utf8Bytes {
    encode(&ServerFrame::Error {
        r#ref: reference,
        code: &problem.code,
        message: &problem.detail,
        retry_after: problem.retry_after.map(|wait| wait.as_secs().max(1)),
    })
}

fn ack(reference: &str, result: AckResult) -> Outgoing {
    Outgoing::text(&ServerFrame::Ack { r#ref: reference, result })
}

fn refused(reference: &str, problem: Problem) -> Outgoing {
    Outgoing::Text(error_frame(Some(reference), &problem))
}

fn of_message(reference: &str, outcome: Result<Message, MessagingError>) -> Outgoing {
    match outcome {
        Ok(message) => ack(reference, AckResult::Message { message: &message }),
        Err(error) => refused(reference, error.into()),
    }
}

impl Messaging {
    pub(super) async fn on_frame(
        self: &Arc<Self>,
        wire: &mut Wire,
        socket: &Arc<Socket>,
        allowance: &mut Allowance,
        text: &str,
    ) -> Next {
        let allowed = allowance.take(Instant::now());
        let frame = match parse(text) {
            Ok(frame) => frame,
            Err(bad) => {
                let (r#ref, code, message) = (bad.reference.as_deref(), bad.code, bad.message.as_str());
                socket.push(Outgoing::text(&ServerFrame::Error { r#ref, code, message, retry_after: None }));
                return allowance.strike(BAD_FRAME_STRIKES);
            }
        };
        if let Err(wait) = allowed {
            metrics::counter!("village_messaging_rate_limited_frames_total").increment(1);
            socket.push(Outgoing::Text(error_frame(Some(frame.reference()), &Problem::rate_limited(wait))));
            return allowance.strike(1);
        }
        allowance.strikes = 0;
        if let ClientFrame::Resume { .. } = frame {
            // Writes as fast as the client reads; each write has a limit of its own.
            return self.answer(wire, socket, frame).await;
        }
        let reference = frame.reference().to_owned();
        match tokio::time::timeout(self.settings.answer_timeout, self.answer(wire, socket, frame)).await {
            Ok(next) => next,
            // The database hangs. What was asked may have been done; asked again, it is done once.
            Err(_) => {
                socket.push(Outgoing::Text(error_frame(Some(&reference), &Problem::unavailable())));
                Next::Continue
            }
        }
    }

    async fn answer(self: &Arc<Self>, wire: &mut Wire, socket: &Arc<Socket>, frame: ClientFrame) -> Next {
        let Access { viewer, expires_at } = socket.access();
        if expires_at <= self.clock.now() || self.tokens.is_revoked(&viewer) {
            return Next::Close(CloseCode::Unauthenticated);
        }
        let answer = match frame {
            ClientFrame::Hello { .. } => return Next::Close(CloseCode::Protocol),
            ClientFrame::Ping { r#ref } => ack(&r#ref, AckResult::Done {}),
            ClientFrame::Token { r#ref, token } => match self.tokens.verify(&token).await {
                Ok(verified) if verified.viewer.user == socket.user => {
                    socket.renew(Access { viewer: verified.viewer, expires_at: verified.expires_at });
                    ack(&r#ref, AckResult::Done {})
                }
                Err(TokenError::Unavailable) => refused(&r#ref, Problem::unavailable()),
                Ok(_) | Err(_) => return Next::Close(CloseCode::Unauthenticated),
            },
            ClientFrame::Send { r#ref, conversation_id, client_id, body, images, reply_to, forward_of, draft } => {
                let request = SendMessage { client_id, body, images, reply_to, forward_of, draft };
                let sent = match NewMessage::parse(request) {
                    Ok(message) => self.send(&viewer, conversation_id, message).await,
                    Err(error) => Err(error),
                };
                of_message(&r#ref, sent.map(|(message, _)| message))
            }
            ClientFrame::Edit { r#ref, conversation_id, message_id, body } => {
                of_message(&r#ref, self.rewrite(&viewer, conversation_id, message_id, &body).await)
            }
            ClientFrame::Delete { r#ref, conversation_id, message_id } => {
                of_message(&r#ref, self.delete(&viewer, conversation_id, message_id).await)
            }
            ClientFrame::React { r#ref, conversation_id, message_id, emoji, on } => {
                of_message(&r#ref, self.react(&viewer, conversation_id, message_id, &emoji, on).await)
            }
            ClientFrame::Read { r#ref, conversation_id, seq } => {
                match self.mark_read(&viewer, conversation_id, seq).await {
                    Ok(state) => {
                        let (read_seq, unread_count) = (state.read_seq, state.unread_count);
                        ack(&r#ref, AckResult::Read { read_seq, unread_count })
                    }
                    Err(error) => refused(&r#ref, error.into()),
                }
            }
            ClientFrame::Delivered { r#ref, conversations } => {
                match self.mark_delivered(&viewer, &conversations).await {
                    Ok(()) => ack(&r#ref, AckResult::Done {}),
                    Err(error) => refused(&r#ref, error.into()),
                }
            }
            ClientFrame::Typing { r#ref, conversation_id } => match self.type_in(&viewer, conversation_id).await {
                Ok(()) => ack(&r#ref, AckResult::Done {}),
                Err(error) => refused(&r#ref, error.into()),
            },
            ClientFrame::Watch { r#ref, user_ids } => match self.watch(socket, user_ids).await {
                Ok(present) => ack(&r#ref, AckResult::Watch { present: &present }),
                Err(error) => refused(&r#ref, error.into()),
            },
            ClientFrame::Resume { r#ref, conversations } => {
                wire.resuming = conversations;
                match self.resume_conversations(wire, socket).await {
                    Ok(()) => ack(&r#ref, AckResult::Done {}),
                    Err(Interrupted::Gone) => return Next::Gone,
                    Err(Interrupted::Failed(error)) => refused(&r#ref, error.into()),
                }
            }
        };
        socket.push(answer);
        Next::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_then_one_frame_at_a_time() {
        let mut settings = MessagingSettings::new("http://x");
        (settings.frames_per_second, settings.frame_burst) = (10, 3);
        let mut allowance = Allowance::new(&settings);
        let now = allowance.refilled_at;
        assert!((0..3).all(|_| allowance.take(now).is_ok()));
        assert_eq!(allowance.take(now).unwrap_err().as_millis(), 100);
        assert!(allowance.take(now + Duration::from_millis(101)).is_ok());
        assert!(allowance.take(now + Duration::from_millis(102)).is_err());
    }
}
