//! What this node attends to, and what of it Redis does not know yet. Holds wishes, not a queue of changes: whoever
//! comes and goes a hundred times is one entry, so it is never larger than what the node attends to plus what it left
//! since the last announcement.

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::Interest;

#[derive(Default)]
pub struct Interests {
    wishes: Mutex<Wishes>,
    changed: Notify,
    progress: watch::Sender<Progress>,
}

#[derive(Default)]
struct Wishes {
    wanted: HashSet<Interest>,
    /// Entered or left since Redis was told. Not kept while there is no session: the next one tells everything.
    unannounced: HashSet<Interest>,
    /// How often somebody attended.
    asked: u64,
}

#[derive(Clone, Copy, Default)]
struct Progress {
    connected: bool,
    /// What was asked for up to this number is known to Redis.
    announced: u64,
}

/// A part of what Redis has to be told.
pub struct Announcement {
    pub entered: Vec<Interest>,
    pub left: Vec<Interest>,
    /// What is settled once Redis knows it; `None` when more is waiting.
    settles: Option<u64>,
}

impl Announcement {
    pub fn is_empty(&self) -> bool {
        self.entered.is_empty() && self.left.is_empty()
    }
}

impl Interests {
    fn wishes(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn attend(&self, interest: Interest) {
        let mut wishes = self.wishes();
        if wishes.wanted.insert(interest) {
            wishes.asked += 1;
            self.note_change(wishes, interest);
        }
    }

    pub fn leave(&self, interest: Interest) {
        let mut wishes = self.wishes();
        if wishes.wanted.remove(&interest) {
            self.note_change(wishes, interest);
        }
    }

    fn note_change(&self, mut wishes: MutexGuard<'_, Wishes>, interest: Interest) {
        if self.is_connected() {
            wishes.unannounced.insert(interest);
            drop(wishes);
            self.changed.notify_one();
        }
    }

    pub fn is_connected(&self) -> bool {
        self.progress.borrow().connected
    }

    /// A session began that knows nothing of us: everything is to be announced.
    pub fn connected(&self) {
        let mut wishes = self.wishes();
        wishes.unannounced = wishes.wanted.clone();
        self.progress.send_modify(|progress| progress.connected = true);
    }

    pub fn disconnected(&self) {
        let mut wishes = self.wishes();
        wishes.unannounced = HashSet::new();
        self.progress.send_modify(|progress| progress.connected = false);
    }

    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// What is next, at most `limit`.
    pub fn next(&self, limit: usize) -> Announcement {
        let mut wishes = self.wishes();
        let taken: Vec<Interest> = wishes.unannounced.iter().take(limit).copied().collect();
        for interest in &taken {
            wishes.unannounced.remove(interest);
        }
        // A set that was large once would keep its memory, and be slow to look through.
        if wishes.unannounced.is_empty() {
            wishes.unannounced = HashSet::new();
        }
        let settles = wishes.unannounced.is_empty().then_some(wishes.asked);
        let (entered, left) = taken.into_iter().partition(|interest| wishes.wanted.contains(interest));
        Announcement { entered, left, settles }
    }

    pub fn announced(&self, announcement: &Announcement) {
        if let Some(settles) = announcement.settles {
            self.progress.send_modify(|progress| progress.announced = progress.announced.max(settles));
        }
    }

    pub fn all(&self) -> Vec<Interest> {
        self.wishes().wanted.iter().copied().collect()
    }

    pub fn count(&self) -> usize {
        self.wishes().wanted.len()
    }

    /// Those that are still wanted.
    pub fn still(&self, mut interests: Vec<Interest>) -> Vec<Interest> {
        let wishes = self.wishes();
        interests.retain(|interest| wishes.wanted.contains(interest));
        interests
    }

    /// Ends when Redis knows everything attended to until now, or when there is no session: the next one tells
    /// subscribers to look again.
    pub fn settled(&self) -> impl Future<Output = ()> + Send + 'static {
        let asked = self.wishes().asked;
        let mut progress = self.progress.subscribe();
        async move {
            let _ = progress.wait_for(|progress| !progress.connected || progress.announced >= asked).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use uuid::Uuid;

    use super::*;

    fn person(n: u128) -> Interest {
        Interest::Person(Uuid::from_u128(n))
    }

    #[tokio::test]
    async fn what_is_settled_is_what_was_announced() {
        let interests = Interests::default();
        interests.attend(person(1));
        assert!(interests.settled().now_or_never().is_some(), "without a session nobody waits");
        interests.connected();
        interests.attend(person(2));
        interests.attend(person(3));
        interests.leave(person(3));
        let first = interests.next(2);
        interests.announced(&first);
        assert!(interests.settled().now_or_never().is_none(), "a part is missing");
        let second = interests.next(2);
        assert_eq!(first.entered.len() + second.entered.len(), 2);
        assert_eq!([first.left, second.left.clone()].concat(), [person(3)]);
        interests.attend(person(4));
        let newer = interests.settled();
        interests.announced(&second);
        assert!(newer.now_or_never().is_none(), "it was not in the announcement");
        let third = interests.next(2);
        interests.announced(&third);
        assert!(interests.settled().now_or_never().is_some());
        assert!(interests.next(2).is_empty());
    }

    #[test]
    fn a_new_session_is_told_everything_and_an_outage_remembers_no_changes() {
        let interests = Interests::default();
        interests.connected();
        interests.attend(person(1));
        interests.disconnected();
        interests.attend(person(2));
        interests.leave(person(1));
        assert!(interests.next(9).is_empty());
        interests.connected();
        let next = interests.next(9);
        assert_eq!((next.entered, next.left), (vec![person(2)], vec![]));
    }
}
