//! What came later than it may. Nothing here looks at a clock: later is what came after something else.
//!
//! A message is committed, then a hint makes every node hand it out at once; a lost hint is found by the next
//! heartbeat. So in good weather no heartbeat finds a socket without a message that was acknowledged well before, and
//! no message comes to a socket that was not handed the one before it; and with the database in reach, hints or not,
//! it has come when the next heartbeat but one does.
//! "Well before": the socket was then handed another message that was sent after that acknowledgement, or was answered
//! something that was asked after it, then another that was sent or asked after that had come, and so on, some rounds.
//! A busy node reads conversations one after the other, and each read brings whatever is new by then; but it does not
//! serve a socket round after round and forget one conversation.

use std::collections::VecDeque;

use crate::checker::watch::Beat;
use crate::checker::{Checker, Op, Rule};
use crate::history::Call;
use crate::seen::Seen;

/// Rounds by which a message was overtaken before it is late, and before it is overdue.
const ROUNDS_IN_GOOD_WEATHER: usize = 5;
const ROUNDS_SINCE_A_HEARTBEAT: usize = 3;
/// Heartbeats of a socket that are remembered.
const BEATS: usize = 16;
/// Messages that are remembered: those of several heartbeats.
const RECENT: usize = 8_192;

/// Acknowledged messages, by the line of that.
#[derive(Default)]
pub(super) struct Recent(VecDeque<Sent>);

struct Sent {
    acknowledged: u64,
    invoked: u64,
    node: usize,
    conversation: String,
    seq: i64,
    /// By the only try. Of several it is not known which one sent it, through which node and when.
    is_first: bool,
    /// It was judged at some socket whether it came at once; and at one of another node.
    is_judged: bool,
    is_judged_elsewhere: bool,
}

impl Recent {
    pub fn push(&mut self, acknowledged: u64, op: &Op, seen: &Seen, is_first: bool) {
        if self.0.len() == RECENT {
            self.0.pop_front();
        }
        self.0.push_back(Sent {
            acknowledged,
            invoked: op.line,
            node: op.node,
            conversation: seen.conversation.clone(),
            seq: seen.seq,
            is_first,
            is_judged: false,
            is_judged_elsewhere: false,
        });
    }
}

impl Checker {
    /// What was answered to a socket after the database was asked shows that the socket is served.
    pub(super) fn note_answer(&mut self, socket: Option<u32>, call: &Call, invoked: u64) {
        let asks_nothing = matches!(call, Call::Ping | Call::Typing { .. } | Call::Intrude { .. });
        let line = self.line;
        if let Some(socket) = socket.filter(|_| !asks_nothing).and_then(|number| self.sockets.get_mut(&number)) {
            socket.served(line, invoked);
        }
    }

    /// A message comes to a socket: was it handed everything up to `prev_seq`?
    pub(super) fn check_skipped(&mut self, number: u32, conversation: &str, prev_seq: i64) {
        let Some(socket) = self.sockets.get(&number) else { return };
        let (Some(welcomed_at), Some(given)) = (socket.welcomed_at, socket.given.get(conversation).copied()) else {
            return;
        };
        let Some(known) = self.conversations.get(conversation).filter(|known| known.is_steady(&socket.person)) else {
            return;
        };
        let mut passed = known.acknowledged.range(given + 1..=prev_seq.max(given + 1));
        let skipped = passed.find(|(seq, (invoked, _))| {
            **seq <= prev_seq && *invoked > welcomed_at && self.weather.reads_well(socket.node, *invoked)
        });
        if let Some((seq, _)) = skipped {
            let what = format!("socket {number} of {} was handed what comes after {prev_seq}", socket.person);
            let what = format!("{what} of {conversation} and never {seq}, with good weather");
            self.say(Rule::Late, what);
        }
    }

    pub(super) fn on_heartbeat(&mut self, number: u32) {
        let line = self.line;
        let Some(socket) = self.sockets.get_mut(&number) else { return };
        let previous_beat = socket.beats.last().copied();
        if socket.beats.len() == BEATS {
            socket.beats.remove(0);
        }
        socket.beats.push(Beat { line, made_after: socket.made_after });
        self.weather.on_beat(socket.node, line, &socket.beats);
        self.stirs.on_beat(line, &socket.beats);
        self.judge_hints(number, previous_beat);
        self.judge_beats(number, previous_beat);
    }

    /// Judges each message once at each socket, when it was overtaken by enough rounds: has it come?
    fn judge_hints(&mut self, number: u32, previous_beat: Option<Beat>) {
        let line = self.line;
        let Some(socket) = self.sockets.get_mut(&number) else { return };
        let Some(welcomed_at) = socket.welcomed_at else { return };
        let from = socket.hints_judged.max(welcomed_at);
        let mut late = Vec::new();
        for sent in self.recent.0.range_mut(self.recent.0.partition_point(|sent| sent.acknowledged <= from)..) {
            // What was acknowledged later was overtaken by fewer.
            if socket.rounds_since(sent.acknowledged) < ROUNDS_IN_GOOD_WEATHER {
                break;
            }
            socket.hints_judged = sent.acknowledged;
            let Some(given) = socket.given.get(&sent.conversation) else { continue };
            let known = self.conversations.get(&sent.conversation);
            let is_steady = known.is_some_and(|known| known.is_steady(&socket.person));
            let is_fair = sent.is_first
                && is_steady
                && sent.invoked > welcomed_at
                && self.weather.carries_hints(sent.node, socket.node, sent.invoked);
            if !is_fair {
                continue;
            }
            // A heartbeat in between would have brought it.
            if previous_beat.is_none_or(|beat| beat.line < sent.acknowledged) {
                let timely = &mut self.counts.timely;
                timely.deliveries += 1;
                timely.messages += u64::from(!sent.is_judged);
                sent.is_judged = true;
                if sent.node != socket.node {
                    timely.elsewhere += u64::from(!sent.is_judged_elsewhere);
                    sent.is_judged_elsewhere = true;
                }
            }
            if *given < sent.seq {
                late.push((sent.seq, sent.conversation.clone(), sent.acknowledged));
            }
        }
        let person = socket.person.clone();
        for (seq, conversation, acknowledged) in late {
            let what = format!("{seq} of {conversation}, acknowledged at line {acknowledged}, has not come to socket");
            let what =
                format!("{what} {number} of {person}; it had to come at once, before the heartbeat at line {line}");
            self.say(Rule::Late, what);
        }
    }

    /// Judges each message once at each socket, when a heartbeat has told of it and another has come well after.
    fn judge_beats(&mut self, number: u32, previous_beat: Option<Beat>) {
        let line = self.line;
        let Some(socket) = self.sockets.get_mut(&number) else { return };
        let (Some(welcomed_at), Some(previous_beat)) = (socket.welcomed_at, previous_beat) else { return };
        if socket.rounds_since(previous_beat.line) < ROUNDS_SINCE_A_HEARTBEAT {
            return;
        }
        let told = previous_beat.made_after;
        let from = socket.beats_judged.max(welcomed_at);
        socket.beats_judged = told;
        let mut overdue = Vec::new();
        let sent = self.recent.0.range(self.recent.0.partition_point(|sent| sent.acknowledged <= from)..);
        for sent in sent.take_while(|sent| sent.acknowledged < told) {
            let Some(given) = socket.given.get(&sent.conversation) else { continue };
            let known = self.conversations.get(&sent.conversation);
            let is_steady = known.is_some_and(|known| known.is_steady(&socket.person));
            let is_read = sent.invoked > welcomed_at && self.weather.reads_well(socket.node, sent.invoked);
            if !is_steady || !is_read {
                continue;
            }
            self.counts.timely.after_a_beat += 1;
            if *given < sent.seq {
                overdue.push((sent.seq, sent.conversation.clone(), sent.acknowledged));
            }
        }
        let person = socket.person.clone();
        for (seq, conversation, acknowledged) in overdue {
            let what = format!("{seq} of {conversation}, acknowledged at line {acknowledged}, has not come to socket");
            self.say(Rule::Late, format!("{what} {number} of {person}; it is overdue at the heartbeat at line {line}"));
        }
    }
}
