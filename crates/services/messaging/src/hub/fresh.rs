//! Messages that this node has just written, for as long as they wait to be handed to the sockets here: they need not
//! be read back. What other nodes wrote, and every other change, is read from the database.

use std::collections::VecDeque;

use crate::message::StoredMessage;

/// Kept of one conversation at most; whoever comes later finds them in the database.
const MAX_FRESH: usize = 64;

#[derive(Default)]
pub(crate) struct Fresh(VecDeque<StoredMessage>);

impl Fresh {
    pub fn keep(&mut self, message: StoredMessage) {
        if self.0.len() < MAX_FRESH {
            self.0.push_back(message);
        }
    }

    /// Those that follow on `delivered` without a hole. Seqs are given out under a lock that lasts until the commit, so
    /// when one is committed all before it are.
    pub fn take_after(&mut self, delivered: i64) -> Vec<StoredMessage> {
        let mut taken = std::mem::take(&mut self.0);
        taken.make_contiguous().sort_by_key(|message| message.row.created_seq);
        let mut next = delivered + 1;
        taken.retain(|message| {
            let follows = message.row.created_seq == next;
            next += i64::from(follows);
            follows
        });
        taken.into()
    }
}

#[cfg(test)]
mod tests {
    use village_kernel::{ConversationId, Instant, UserId};

    use super::*;
    use crate::message::MessageRow;

    fn taken(seqs: &[i64], delivered: i64) -> Vec<i64> {
        let now = Instant::from_micros(0);
        let mut fresh = Fresh::default();
        for seq in seqs {
            let (conversation, sender) = (ConversationId::new(now), UserId::new(now));
            let mut row = MessageRow::text(conversation, sender, "c".to_owned(), "hello".to_owned(), now);
            (row.created_seq, row.changed_seq) = (*seq, *seq);
            fresh.keep(StoredMessage::fresh(row, Vec::new()));
        }
        let taken = fresh.take_after(delivered).iter().map(|message| message.row.created_seq).collect();
        assert!(fresh.take_after(delivered).is_empty(), "what cannot be used now is in the database");
        taken
    }

    #[test]
    fn only_what_follows_without_a_hole_is_taken() {
        assert_eq!(taken(&[5, 6], 4), [5, 6]);
        assert_eq!(taken(&[6, 5], 4), [5, 6], "commits are heard of in any order");
        assert_eq!(taken(&[5, 7], 4), [5], "somebody else changed something between");
        assert_eq!(taken(&[3, 4, 5], 4), [5]);
        assert!(taken(&[6], 4).is_empty());
        let many: Vec<i64> = (1..=100).collect();
        assert_eq!(taken(&many, 0).len(), MAX_FRESH);
    }
}
