//! The first frame: who is it, and what did they miss.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::Instant;
use village_http::Problem;
use village_kernel::Viewer;
use village_ports::{NotificationMark, TokenError};

use crate::hub::{Job, TooMany};
use crate::socket::connection::{Next, text_of};
use crate::socket::frames::{AckResult, ClientFrame, CloseCode, Resume, ServerFrame, parse};
use crate::socket::requests::error_frame;
use crate::socket::resume::Interrupted;
use crate::socket::wire::{Gone, Wire};
use crate::socket::{Access, Socket, encode};
use crate::{Messaging, MessagingError};

/// How often a hello may be tried while the database or the keys are out of reach.
const ATTEMPTS: u32 = 3;

impl Messaging {
    /// A registered socket whose `resume` has been answered, or why not.
    pub(super) async fn await_hello(self: &Arc<Self>, wire: &mut Wire) -> Result<Arc<Socket>, Next> {
        for _ in 0..ATTEMPTS {
            let deadline = Instant::now() + self.settings.hello_timeout;
            let (reference, token, resume) = receive_hello(wire, deadline).await?;
            if self.is_draining() {
                return Err(Next::Close(CloseCode::Restart));
            }
            let problem = match self.tokens.verify(&token).await {
                Ok(verified) => {
                    let access = Access { viewer: verified.viewer, expires_at: verified.expires_at };
                    let socket = Arc::new(Socket::new(access, &self.settings));
                    match self.welcome(wire, &socket, &reference, resume).await {
                        Ok(()) => return Ok(socket),
                        Err(Unwelcome::Next(next)) => {
                            self.disconnected(&socket);
                            return Err(next);
                        }
                        Err(Unwelcome::Failed(error)) => {
                            self.disconnected(&socket);
                            Problem::from(error)
                        }
                    }
                }
                Err(TokenError::Unavailable) => Problem::unavailable(),
                Err(TokenError::Invalid | TokenError::Expired | TokenError::Revoked) => {
                    return Err(Next::Close(CloseCode::Unauthenticated));
                }
            };
            wire.write_text(error_frame(Some(&reference), &problem)).await?;
        }
        Err(Next::Close(CloseCode::Restart))
    }

    /// Registers first and reads second, so that nothing falls between; duplicates are dropped by seq.
    async fn welcome(
        self: &Arc<Self>,
        wire: &mut Wire,
        socket: &Arc<Socket>,
        reference: &str,
        resume: Resume,
    ) -> Result<(), Unwelcome> {
        let viewer = socket.access().viewer;
        let is_loaded = self.hub.registry().add(socket, &self.settings)?;
        let mark = self.notifications.mark(viewer.user).await.map_err(MessagingError::from)?;
        if !is_loaded {
            self.load_person(viewer.user, mark.seq).await?;
            self.schedule(Job::Appear(viewer.user));
        }
        let membership_seq = self.hub.registry().membership_seq(viewer.user);
        let blocks = self.blocks_mark(viewer.user).await?;
        wire.write_text(self.ack_of_hello(&viewer, reference, membership_seq, mark, &blocks)).await?;
        let resumed = async {
            self.resume_person(wire, socket, &resume).await?;
            wire.resuming = resume.conversations;
            self.resume_conversations(wire, socket).await
        };
        match resumed.await {
            #[cfg(feature = "sabotage")]
            Ok(()) => Ok(self.sabotaged_registration(socket).await?),
            #[cfg(not(feature = "sabotage"))]
            Ok(()) => Ok(()),
            Err(Interrupted::Gone) => Err(Unwelcome::Next(Next::Gone)),
            // The hello has been acknowledged, so it cannot fail any more.
            Err(Interrupted::Failed(error)) => {
                tracing::warn!(%error, "a resume failed");
                Err(Unwelcome::Next(Next::Close(CloseCode::Resume)))
            }
        }
    }

    fn ack_of_hello(
        &self,
        viewer: &Viewer,
        reference: &str,
        membership_seq: i64,
        mark: NotificationMark,
        blocks: &str,
    ) -> axum::extract::ws::Utf8Bytes {
        let result = AckResult::Hello {
            session_id: viewer.session,
            user_id: viewer.user,
            heartbeat_seconds: self.settings.heartbeat.max(Duration::from_secs(1)).as_secs(),
            membership_seq,
            notification_seq: mark.seq,
            unread_notifications: mark.unread_count,
            blocks,
        };
        encode(&ServerFrame::Ack { r#ref: reference, result })
    }
}

async fn receive_hello(wire: &mut Wire, deadline: Instant) -> Result<(String, String, Resume), Next> {
    loop {
        let received = tokio::time::timeout_at(deadline, wire.ws.next()).await;
        let received = received.map_err(|_| Next::Close(CloseCode::HelloTimeout))?;
        let Some(text) = text_of(received)? else { continue };
        return match parse(&text) {
            Ok(ClientFrame::Hello { r#ref, token, resume }) => Ok((r#ref, token, resume.unwrap_or_default())),
            _ => Err(Next::Close(CloseCode::Protocol)),
        };
    }
}

/// Why a hello with a good token did not succeed.
enum Unwelcome {
    Next(Next),
    /// May be tried again on the same socket.
    Failed(MessagingError),
}

impl From<MessagingError> for Unwelcome {
    fn from(error: MessagingError) -> Self {
        Self::Failed(error)
    }
}

impl From<TooMany> for Unwelcome {
    fn from(_: TooMany) -> Self {
        Self::Next(Next::Close(CloseCode::TooManyConnections))
    }
}

impl From<Gone> for Unwelcome {
    fn from(gone: Gone) -> Self {
        Self::Next(gone.into())
    }
}
