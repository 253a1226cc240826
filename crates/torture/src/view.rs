//! What a client makes of the frames it gets, by the rules of the protocol and nothing else: each client has such a
//! view, and the checker makes it again from the history.

use std::collections::BTreeMap;

use crate::seen::Seen;

/// One conversation as one client has it.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The view equals the database at this seq, or so the server has said.
    pub position: i64,
    /// By created seq.
    pub messages: BTreeMap<i64, Held>,
    /// Everything up to here is read, by what this client was told of it and by what its person wrote.
    pub read_seq: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub id: String,
    pub changed_seq: i64,
    pub sender: String,
    pub is_text: bool,
    pub is_deleted: bool,
    pub reactions: String,
    /// The `client_id` with which its words begin.
    pub token: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It belongs where the view ends.
    Taken,
    /// Known already.
    Old,
    /// Something before it is missing: it is not taken, the client asks.
    Hole,
}

impl View {
    /// A `message` frame.
    pub fn message(&mut self, seq: i64, prev_seq: i64, message: &Seen) -> Step {
        if seq <= self.position {
            return Step::Old;
        }
        if prev_seq > self.position {
            return Step::Hole;
        }
        self.hold(message);
        self.position = seq;
        Step::Taken
    }

    /// A `rows` frame.
    pub fn rows(&mut self, from: i64, upto: i64, messages: &[Seen]) -> Step {
        if from > self.position {
            return Step::Hole;
        }
        for message in messages {
            self.hold(message);
        }
        if upto <= self.position {
            return Step::Old;
        }
        self.position = upto;
        Step::Taken
    }

    /// After a `gap`: what was read over REST.
    pub fn replace(&mut self, upto: i64, messages: &[Seen]) {
        self.messages.clear();
        for message in messages {
            self.hold(message);
        }
        self.position = upto;
    }

    pub fn read_to(&mut self, seq: i64) {
        self.read_seq = self.read_seq.max(seq);
    }

    /// A message of one's own is a read mark.
    pub fn read_to_own<'a>(&mut self, person: &str, messages: impl IntoIterator<Item = &'a Seen>) {
        let own = |seen: &&Seen| seen.content.is_text && seen.content.sender == person;
        if let Some(seq) = messages.into_iter().filter(own).map(|seen| seen.seq).max() {
            self.read_to(seq);
        }
    }

    fn hold(&mut self, message: &Seen) {
        let held = Held {
            id: message.id.clone(),
            changed_seq: message.changed_seq,
            sender: message.content.sender.clone(),
            is_text: message.content.is_text,
            is_deleted: message.content.is_deleted,
            reactions: message.reactions.clone(),
            token: message.content.token().map(str::to_owned),
        };
        match self.messages.get_mut(&message.seq) {
            Some(known) if known.changed_seq > held.changed_seq => {}
            Some(known) => *known = held,
            None => {
                self.messages.insert(message.seq, held);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seen::Content;

    fn message(seq: i64, changed_seq: i64) -> Seen {
        let (id, conversation) = (format!("id{seq}"), "c".to_owned());
        let content = Content {
            number: seq,
            sender: "ana".into(),
            body: String::new(),
            is_text: true,
            is_deleted: false,
            is_forwarded: false,
            is_pinned: false,
            mentions: Vec::new(),
        };
        Seen { id, conversation, seq, changed_seq, content, reactions: String::new() }
    }

    #[test]
    fn frames_are_taken_in_order_and_a_hole_is_noticed() {
        let mut view = View::default();
        assert_eq!(view.message(1, 0, &message(1, 1)), Step::Taken);
        assert_eq!(view.message(3, 2, &message(3, 3)), Step::Hole);
        assert_eq!(view.position, 1);
        assert_eq!(view.rows(1, 3, &[message(2, 2), message(3, 3)]), Step::Taken);
        assert_eq!(view.message(3, 2, &message(3, 3)), Step::Old);
        assert_eq!(view.rows(5, 6, &[]), Step::Hole);
        assert_eq!(view.messages.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_later_change_stays_when_an_earlier_one_comes_again() {
        let mut view = View::default();
        view.rows(0, 2, &[message(1, 2)]);
        view.rows(0, 2, &[message(1, 1)]);
        assert_eq!(view.messages[&1].changed_seq, 2);
        view.replace(7, &[message(6, 6)]);
        assert_eq!((view.position, view.messages.len()), (7, 1));
    }

    #[test]
    fn a_read_mark_never_moves_back_and_own_messages_move_it() {
        let mut view = View::default();
        view.read_to(3);
        view.read_to_own("ben", &[message(5, 5)]);
        view.read_to_own("ana", &[message(2, 2)]);
        assert_eq!(view.read_seq, 3);
        view.read_to_own("ana", &[message(4, 4), message(6, 6)]);
        assert_eq!(view.read_seq, 6);
    }
}
