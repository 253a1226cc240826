//! Who certainly takes no part in a conversation, and what reaches them all the same. Messages are judged by windows,
//! in the end; what is told between them (who types, reads and has received, and what heartbeats name) by who was
//! there while it could have been on its way.

use std::collections::HashMap;

use serde_json::Value;

use crate::checker::finale::Findings;
use crate::checker::stored::Finale;
use crate::checker::watch::Beat;
use crate::checker::{Checker, Rule};
use crate::history::Call;

/// Intervals between heartbeats after which nothing is on its way any more that was read from the database before:
/// longer than any job of a node may take, and than any stall lasts.
const INTERVALS: usize = 4;

/// Whether somebody takes part, as far as answers make it certain.
#[derive(Default)]
pub(super) struct Door {
    /// Without a certain answer: they may be let in at any time.
    adds_in_doubt: u32,
    last_added: u64,
    out_since: Option<u64>,
}

impl Door {
    pub fn add_invoked(&mut self) {
        self.adds_in_doubt += 1;
        self.out_since = None;
    }

    /// Answered, in whichever way.
    pub fn added(&mut self, line: u64) {
        self.adds_in_doubt = self.adds_in_doubt.saturating_sub(1);
        self.last_added = line;
    }

    pub fn removed(&mut self, invoked: u64, line: u64) {
        if self.adds_in_doubt == 0 && self.last_added < invoked {
            self.out_since.get_or_insert(line);
        }
    }

    pub fn out_since(&self) -> Option<u64> {
        self.out_since
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Delivered,
    Typing,
}

/// What others are told of somebody: marks that they set, and that they typed.
#[derive(Default)]
pub(super) struct Stirs {
    /// By conversation and person.
    made: HashMap<(String, String), Vec<Stir>>,
    /// Lines between which a whole interval of heartbeats has passed.
    intervals: Vec<u64>,
}

struct Stir {
    kind: Kind,
    seq: i64,
    invoked: u64,
    answered: Option<u64>,
}

impl Stirs {
    pub fn begin(&mut self, person: &str, call: &Call, line: u64) {
        let (conversation, kind, seq) = match call {
            Call::Read { conversation, seq } => (conversation, Kind::Read, *seq),
            Call::Delivered { conversation, seq } => (conversation, Kind::Delivered, *seq),
            Call::Typing { conversation } => (conversation, Kind::Typing, 0),
            _ => return,
        };
        let made = self.made.entry((conversation.clone(), person.to_owned())).or_default();
        made.push(Stir { kind, seq, invoked: line, answered: None });
    }

    pub fn end(&mut self, person: &str, call: &Call, invoked: u64, line: u64) {
        if let Call::Read { conversation, .. } | Call::Delivered { conversation, .. } | Call::Typing { conversation } =
            call
        {
            let made = self.made.get_mut(&(conversation.clone(), person.to_owned()));
            let ended = made.into_iter().flatten().rfind(|stir| stir.invoked == invoked);
            ended.into_iter().for_each(|stir| stir.answered = Some(line));
        }
    }

    pub fn on_beat(&mut self, line: u64, beats: &[Beat]) {
        let last = self.intervals.last().copied().unwrap_or_default();
        if beats.iter().filter(|beat| beat.made_after > last).count() >= 2 {
            self.intervals.push(line);
        }
    }

    /// What was done before this line had arrived at a later one, or never would.
    fn horizon(&self, line: u64) -> u64 {
        let before = self.intervals.partition_point(|interval| *interval <= line);
        self.intervals[..before].iter().rev().nth(INTERVALS - 1).copied().unwrap_or_default()
    }

    fn of(&self, conversation: &str, person: &str, kind: Kind) -> impl Iterator<Item = &Stir> {
        let made = self.made.get(&(conversation.to_owned(), person.to_owned()));
        made.into_iter().flatten().filter(move |stir| stir.kind == kind)
    }

    /// The line at which the person was first about to set the mark there, by `read` or, for one of those kinds, by
    /// `delivered`.
    pub fn set_at(&self, conversation: &str, person: &str, kind: Kind, seq: i64) -> Option<u64> {
        let read = self.of(conversation, person, Kind::Read);
        let delivered = self.of(conversation, person, Kind::Delivered).filter(|_| kind == Kind::Delivered);
        read.chain(delivered).filter(|stir| stir.seq == seq).map(|stir| stir.invoked).min()
    }
}

impl Checker {
    pub(super) fn on_door(&mut self, conversation: &str, person: &str, change: impl FnOnce(&mut Door, u64)) {
        let line = self.line;
        if let Some(known) = self.conversations.get_mut(conversation) {
            change(known.door(person), line);
        }
    }

    fn made_after(&self, socket: u32) -> u64 {
        self.sockets.get(&socket).map_or(0, |socket| socket.made_after)
    }

    /// `read`, `delivered` or `typing` comes to a person.
    pub(super) fn on_mark(&mut self, socket: u32, person: &str, frame_type: &str, frame: &Value) {
        let conversation = frame["conversation_id"].as_str().unwrap_or_default();
        let user = frame["user_id"].as_str().unwrap_or_default();
        let seq = frame["seq"].as_i64().unwrap_or_default();
        let kind = match frame_type {
            "read" => Kind::Read,
            "delivered" => Kind::Delivered,
            _ => Kind::Typing,
        };
        if user == person && kind == Kind::Read {
            let unread_count = frame["unread_count"].as_i64().unwrap_or(-1);
            return self.note_read(conversation, person, seq, unread_count, None);
        }
        let out_since = self.conversations.get(conversation).and_then(|known| known.out_since(person));
        let horizon = self.stirs.horizon(self.made_after(socket));
        if self.stirs.of(conversation, user, kind).next().is_none() {
            return self.say(Rule::Ghost, format!("{person} was sent a `{frame_type}` of {user} that nobody made"));
        }
        if let Some(left) = out_since {
            // Whoever is out may still get what was done while they were in.
            let is_under_way = |stir: &Stir| stir.answered.is_none_or(|answered| answered > horizon);
            let may_come = |stir: &Stir| stir.invoked < left && is_under_way(stir);
            if !self.stirs.of(conversation, user, kind).any(may_come) {
                let what = format!("{person}, out of {conversation} since line {left}, was sent");
                return self.say(Rule::Outsider, format!("{what} a `{frame_type}` of {user}"));
            }
        }
        if kind != Kind::Typing {
            self.note_mark_of_other(conversation, user, kind, seq);
            self.hear(conversation, person, seq);
        }
    }

    /// The conversations that a heartbeat names.
    pub(super) fn check_announced(&mut self, socket: u32, person: &str, frame: &Value) {
        let horizon = self.stirs.horizon(self.made_after(socket));
        for (conversation, seq) in frame["conversations"].as_object().into_iter().flatten() {
            if !self.may_know_of(person, conversation) {
                self.say(Rule::Outsider, format!("a heartbeat named {conversation} to {person}"));
                continue;
            }
            let Some(known) = self.conversations.get_mut(conversation) else { continue };
            let seq = seq.as_i64().unwrap_or_default();
            known.announced = known.announced.max(seq);
            if let Some(left) = known.out_since(person).filter(|left| *left < horizon) {
                let what = format!("a heartbeat named {conversation} to {person}, who is out of it since line {left}");
                self.say(Rule::Outsider, what);
            }
            self.hear(conversation, person, seq);
        }
    }

    /// Remembers a mark that somebody who comes and goes was told of.
    fn hear(&mut self, conversation: &str, person: &str, seq: i64) {
        if let Some(known) = self.conversations.get_mut(conversation).filter(|known| !known.is_steady(person)) {
            let heard = known.heard.entry(person.to_owned()).or_default();
            *heard = seq.max(*heard);
        }
    }

    pub(super) fn check_windows(&self, finale: &Finale, wrong: &mut Findings) {
        for (conversation, known) in &self.conversations {
            if let Some(last_seq) = finale.last_seq(conversation).filter(|last_seq| known.announced > *last_seq) {
                let what = format!("a heartbeat named {} of {conversation}, which ends at {last_seq}", known.announced);
                wrong.push((Rule::Ghost, what));
            }
            for (person, heard) in &known.heard {
                let end = finale.last_end(conversation, person);
                if end.is_none_or(|end| *heard > end) {
                    let what = format!("{person} was told of a mark at {heard} of {conversation}");
                    wrong.push((Rule::Outsider, format!("{what}; their last window ends at {end:?}")));
                }
            }
            for (person, shown) in &known.shown {
                for ((seq, changed_seq), words) in shown {
                    let Some(end) = finale.seen_until(conversation, person, *seq, *changed_seq) else {
                        let what = format!("{person} was shown {seq} of {conversation} as of {changed_seq}");
                        wrong.push((Rule::Outsider, format!("{what}, outside every window of theirs")));
                        continue;
                    };
                    let message = known.messages.values().find(|message| message.seq == *seq);
                    let written = message.into_iter().flat_map(|message| &message.edits);
                    let written = written.filter(|(_, body)| body == words).map(|(at, _)| *at).min();
                    if let Some(at) = written.filter(|at| *at > end) {
                        let what = format!("{person}, who left {conversation} at {end}, was shown what {seq}");
                        wrong.push((Rule::Outsider, format!("{what} says since {at}")));
                    }
                }
            }
        }
    }
}
