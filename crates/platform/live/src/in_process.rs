//! For one process: a broadcast channel for each set of topics that somebody listens to, and a list of who is present.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::{BACKLOG, Hint, Interest, Live, Received, Subscription, Topic};

#[derive(Clone, Debug, Default)]
pub struct InProcessLive {
    channels: Arc<RwLock<Vec<Channel>>>,
    present: Arc<Mutex<HashSet<Uuid>>>,
}

/// For all who listen to the same topics. One channel for everybody would wake each of them for each hint.
#[derive(Debug)]
struct Channel {
    topics: Vec<Topic>,
    sender: broadcast::Sender<Received>,
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
        self.send(Received::Missed, |_| true);
    }

    fn send(&self, received: Received, is_for: impl Fn(&Channel) -> bool) {
        let channels = self.channels.read().unwrap_or_else(PoisonError::into_inner);
        for channel in channels.iter().filter(|channel| is_for(channel)) {
            // No subscriber is no error.
            let _ = channel.sender.send(received);
        }
    }
}

impl Live for InProcessLive {
    fn publish(&self, hint: Hint) {
        self.send(Received::Hint(hint), |channel| channel.topics.contains(&hint.topic));
    }

    fn subscribe(&self, topics: &[Topic]) -> Subscription {
        let mut channels = self.channels.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.iter().find(|channel| channel.topics == topics) {
            return Subscription(channel.sender.subscribe());
        }
        let (sender, receiver) = broadcast::channel(BACKLOG);
        channels.push(Channel { topics: topics.to_vec(), sender });
        Subscription(receiver)
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
