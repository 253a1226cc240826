//! For one process: a broadcast channel.

use tokio::sync::broadcast;

use crate::{BACKLOG, Hint, Live, Received, Subscription};

#[derive(Clone, Debug)]
pub struct InProcessLive {
    pub(crate) sender: broadcast::Sender<Received>,
}

impl Default for InProcessLive {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(BACKLOG) }
    }
}

impl Live for InProcessLive {
    fn publish(&self, hint: Hint) {
        // No subscriber is no error.
        let _ = self.sender.send(Received::Hint(hint));
    }

    fn subscribe(&self) -> Subscription {
        Subscription(self.sender.subscribe())
    }
}
