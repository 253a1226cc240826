//! The heartbeat: what every client compares with what it has, and the hub with what it has delivered.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use village_kernel::{ConversationId, Instant, UserId};

use crate::hub::jobs::Job;
use crate::socket::frames::ServerFrame;
use crate::socket::{Outgoing, encode};
use crate::store::marks::NO_BLOCKS;
use crate::{Messaging, MessagingError, store};

/// How far before the last beat to look for changes. Covers clocks of nodes that differ by a minute, and writes that
/// took their time between reading the clock and committing.
const MARGIN: Duration = Duration::from_secs(180);
/// Marks in one heartbeat; whoever has more than that finds the others by `prev_seq` or on reconnecting.
const MAX_MARKS: usize = 250;

/// People whose unread notifications are counted for one heartbeat: a block, a suspension or an exit changes the number
/// without a change of their own. Of more, each has their turn in one of the next.
const MAX_COUNTED: usize = 1_000;

/// When the marks were last read successfully, and who was the last whose notifications were counted.
#[derive(Default)]
pub(crate) struct Beats {
    last_micros: AtomicI64,
    last_counted: Mutex<Option<UserId>>,
}

impl Beats {
    /// Those whose turn it is to be counted, and the others.
    fn turn(&self, people: &[UserId]) -> (Vec<UserId>, Vec<UserId>) {
        let mut turn = people.to_vec();
        if turn.len() <= MAX_COUNTED {
            return (turn, Vec::new());
        }
        turn.sort_unstable();
        let mut last = self.last_counted.lock().unwrap_or_else(PoisonError::into_inner);
        let start = last.map_or(0, |last| turn.partition_point(|person| *person <= last));
        turn.rotate_left(start);
        let others = turn.split_off(MAX_COUNTED);
        *last = turn.last().copied();
        (turn, others)
    }
}

#[derive(Default)]
struct Marks {
    conversations: HashMap<ConversationId, i64>,
    membership_seq: i64,
    notification_seq: i64,
    unread_notifications: Option<i64>,
    blocks: Option<String>,
}

impl Messaging {
    pub(super) async fn beat(self: &Arc<Self>) -> Result<(), MessagingError> {
        self.hub.registry().drop_silent();
        self.hub.registry().forget_windows();
        let people = self.hub.registry().people();
        if people.is_empty() {
            // Whoever comes later reads what is there then.
            self.hub.beats.last_micros.store(self.clock.now().as_micros(), Ordering::Relaxed);
            return Ok(());
        }
        let outcome = self.read_marks(&people).await;
        let mut marks = match outcome {
            Ok(marks) => marks,
            Err(error) => {
                // Clients still learn that this node is alive.
                self.send_beats(&people, &mut HashMap::new());
                return Err(error);
            }
        };
        let (behind, attended) = self.behind(&marks);
        for job in behind {
            self.schedule(job);
        }
        if !attended.is_empty() {
            self.schedule_when_settled(attended);
        }
        self.send_beats(&people, &mut marks);
        Ok(())
    }

    /// One query for each kind of mark, for everybody connected.
    async fn read_marks(&self, people: &[UserId]) -> Result<HashMap<UserId, Marks>, MessagingError> {
        let now = self.clock.now();
        let last = Instant::from_micros(self.hub.beats.last_micros.load(Ordering::Relaxed));
        // Before the first beat everything was read when people connected, at most a beat ago.
        let since = if last == Instant::default() { now.minus(self.settings.heartbeat) } else { last }.minus(MARGIN);
        let ids = people.iter().copied().collect();
        let mut marks: HashMap<UserId, Marks> = HashMap::with_capacity(people.len());
        let mut reader = self.db.reader().await?;
        for (user, conversation, seq) in store::marks::changed_since(&mut reader, &ids, since).await? {
            marks.entry(user).or_default().conversations.insert(conversation, seq);
        }
        for (user, seq) in store::marks::membership_seqs(&mut reader, &ids).await? {
            marks.entry(user).or_default().membership_seq = seq;
        }
        for (user, mark) in store::marks::blocks(&mut reader, &ids).await? {
            marks.entry(user).or_default().blocks = Some(mark);
        }
        drop(reader);
        for user in people {
            marks.entry(*user).or_default().blocks.get_or_insert_with(|| NO_BLOCKS.to_owned());
        }
        let (counted, others) = self.hub.beats.turn(people);
        for (user, mark) in self.notifications.marks(&counted).await? {
            let marks = marks.entry(user).or_default();
            (marks.notification_seq, marks.unread_notifications) = (mark.seq, Some(mark.unread_count));
        }
        for (user, seq) in self.notifications.seqs(&others).await? {
            marks.entry(user).or_default().notification_seq = seq;
        }
        self.hub.beats.last_micros.store(now.as_micros(), Ordering::Relaxed);
        Ok(marks)
    }

    /// What the hints should have said, and what to look at again once other nodes know that this one attends to it.
    fn behind(&self, marks: &HashMap<UserId, Marks>) -> (Vec<Job>, Vec<Job>) {
        let (mut jobs, mut attended) = (Vec::new(), Vec::new());
        let mut registry = self.hub.registry();
        for (user, marks) in marks {
            let knows_memberships = marks.membership_seq <= registry.membership_seq(*user);
            if !knows_memberships {
                jobs.push(Job::Memberships(*user));
            }
            if marks.notification_seq > registry.notification_seq(*user) {
                jobs.push(Job::Notifications(*user));
            }
            for (conversation, seq) in &marks.conversations {
                if registry.concerns(*conversation, *seq) {
                    jobs.push(Job::Deliver(*conversation));
                }
                if knows_memberships && !registry.is_in(*user, *conversation) {
                    // One of more conversations than were loaded: this beat announces it, the next hint delivers.
                    let is_known = registry.has_room(*conversation);
                    registry.enter(*user, *conversation, *seq);
                    if !is_known {
                        attended.push(Job::Deliver(*conversation));
                    }
                }
            }
        }
        (jobs, attended)
    }

    fn send_beats(&self, people: &[UserId], marks: &mut HashMap<UserId, Marks>) {
        let registry = self.hub.registry();
        for user in people {
            let marks = marks.remove(user).unwrap_or_default();
            let conversations = marks.conversations.into_iter().take(MAX_MARKS).collect();
            let membership_seq = marks.membership_seq.max(registry.membership_seq(*user));
            let delivered = registry.notification_seq(*user);
            let notification_seq = marks.notification_seq.max(delivered);
            // What was delivered since it was counted brought a newer number.
            let unread_notifications = marks.unread_notifications.filter(|_| marks.notification_seq >= delivered);
            let blocks = marks.blocks.as_deref();
            let frame = ServerFrame::Heartbeat {
                conversations,
                membership_seq,
                notification_seq,
                unread_notifications,
                blocks,
            };
            let text = encode(&frame);
            for socket in registry.sockets_of(*user) {
                socket.push(Outgoing::Beat(text.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_their_turn_to_be_counted() {
        let (beats, now) = (Beats::default(), Instant::from_micros(1));
        let few: Vec<UserId> = (0..3).map(|_| UserId::new(now)).collect();
        assert_eq!(beats.turn(&few), (few.clone(), Vec::new()));
        let many: Vec<UserId> = (0..2 * MAX_COUNTED + 500).map(|_| UserId::new(now)).collect();
        let mut counted = std::collections::HashSet::new();
        for _ in 0..3 {
            let (turn, others) = beats.turn(&many);
            assert_eq!((turn.len(), others.len()), (MAX_COUNTED, many.len() - MAX_COUNTED));
            counted.extend(turn);
        }
        assert_eq!(counted.len(), many.len());
    }
}
