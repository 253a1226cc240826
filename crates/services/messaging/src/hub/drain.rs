//! Leaving without anybody noticing.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use crate::Messaging;
use crate::socket::Outgoing;
use crate::socket::frames::{CloseCode, ServerFrame};

/// How long the last close handshakes may take.
const LAST_WORDS: Duration = Duration::from_secs(3);
const STEP: Duration = Duration::from_millis(20);

impl Messaging {
    /// Refuses new sockets, asks clients to connect elsewhere, and closes whoever stays, spread over `within`.
    /// Returns when all are gone, or shortly after `within`.
    pub async fn drain(&self, within: Duration) {
        self.hub.draining.store(true, Ordering::Release);
        let started = Instant::now();
        let sockets = self.hub.registry().sockets();
        let frame = Outgoing::text(&ServerFrame::Reconnect { within_ms: within.as_millis() as u64 });
        sockets.iter().for_each(|socket| socket.push(frame.clone()));
        let count = sockets.len();
        tracing::info!(sockets = count, within_ms = within.as_millis() as u64, "draining sockets");
        for (position, socket) in sockets.iter().enumerate() {
            let turn = started + within.mul_f64((position + 1) as f64 / count as f64);
            while Instant::now() < turn {
                if self.hub.registry().open_sockets() == 0 {
                    return;
                }
                tokio::time::sleep_until(turn.min(Instant::now() + STEP)).await;
            }
            socket.close(CloseCode::Restart);
        }
        // Those that said hello while we began are closed as well.
        self.hub.registry().sockets().iter().for_each(|socket| socket.close(CloseCode::Restart));
        let deadline = Instant::now() + LAST_WORDS;
        while self.hub.registry().open_sockets() > 0 && Instant::now() < deadline {
            tokio::time::sleep(STEP).await;
        }
    }
}
