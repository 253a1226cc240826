//! Showing that somebody writes: told to those who are here, never stored.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use village_kernel::{ConversationId, UserId, Viewer};
use village_live::{Hint, Topic};

use crate::delivered::FEW;
use crate::{Messaging, MessagingError, store};

/// Of one person in one conversation, so often it is passed on.
const EVERY: Duration = Duration::from_secs(2);
/// Who was remembered longer ago than that counts no more; looked for when so many are remembered.
const MANY: usize = 4_096;

/// When it was last passed on, on this node.
#[derive(Default)]
pub(crate) struct TypingTimes(Mutex<HashMap<(ConversationId, UserId), Instant>>);

impl TypingTimes {
    /// Passed on a moment ago: then nobody need be asked.
    fn is_recent(&self, conversation: ConversationId, user: UserId, now: Instant) -> bool {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.get(&(conversation, user)).is_some_and(|last| now.duration_since(*last) < EVERY)
    }

    /// False when it was passed on a moment ago, or when too many write for one more to matter.
    fn claim(&self, conversation: ConversationId, user: UserId, now: Instant) -> bool {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if times.get(&(conversation, user)).is_some_and(|last| now.duration_since(*last) < EVERY) {
            return false;
        }
        if times.len() >= MANY {
            times.retain(|_, last| now.duration_since(*last) < EVERY);
        }
        if times.len() >= MANY {
            return false;
        }
        times.insert((conversation, user), now);
        true
    }
}

impl Messaging {
    pub(crate) async fn type_in(&self, viewer: &Viewer, conversation: ConversationId) -> Result<(), MessagingError> {
        let now = Instant::now();
        if self.hub.typing.is_recent(conversation, viewer.user, now) {
            return Ok(());
        }
        let mut reader = self.db.reader().await?;
        let shows = store::presence::shows_typing(&mut reader, conversation, viewer.user, FEW).await?;
        drop(reader);
        if shows.ok_or(MessagingError::NotFound)? && self.hub.typing.claim(conversation, viewer.user, now) {
            self.live.publish(Hint::new(Topic::Typing, conversation).other(viewer.user));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_passed_on_every_two_seconds_and_only_for_so_many() {
        let times = TypingTimes::default();
        let at = village_kernel::Instant::from_micros(0);
        let (conversation, user, now) = (ConversationId::new(at), UserId::new(at), Instant::now());
        assert!(times.claim(conversation, user, now));
        assert!(!times.claim(conversation, user, now + Duration::from_millis(1_999)));
        assert!(times.claim(conversation, UserId::new(at), now));
        assert!(times.claim(conversation, user, now + EVERY));
        let passed = (0..2 * MANY).filter(|_| times.claim(conversation, UserId::new(at), now + EVERY)).count();
        assert_eq!(passed, MANY - 1, "those of before are forgotten");
    }
}
