//! For one process: a broadcast channel, and a list of who is present.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::{BACKLOG, Hint, Interest, Live, Received, Subscription};

#[derive(Clone, Debug)]
pub struct InProcessLive {
    pub(crate) sender: broadcast::Sender<Received>,
    present: Arc<Mutex<HashSet<Uuid>>>,
}

impl Default for InProcessLive {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(BACKLOG), present: Arc::default() }
    }
}

impl InProcessLive {
    fn present_here(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of `people` who are present on this node.
    pub(crate) fn present_among(&self, people: &[Uuid]) -> HashSet<Uuid> {
        let present = self.present_here();
        people.iter().filter(|person| present.contains(*person)).copied().collect()
    }

    pub(crate) fn missed(&self) {
        let _ = self.sender.send(Received::Missed);
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

    fn attend(&self, interest: Interest) {
        if let Interest::Present(person) = interest {
            self.present_here().insert(person);
        }
    }

    fn leave(&self, interest: Interest) {
        if let Interest::Present(person) = interest {
            self.present_here().remove(&person);
        }
    }

    fn present(&self, people: &[Uuid]) -> BoxFuture<'_, Option<HashSet<Uuid>>> {
        let present = self.present_among(people);
        async move { Some(present) }.boxed()
    }
}
