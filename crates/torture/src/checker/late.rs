//! What came later than it may. Nothing here looks at a clock: later is what came after something else.
//!
//! A message is committed, then a hint makes every node hand it out at once; a lost hint is found by the next
//! heartbeat. So in good weather no heartbeat finds a socket without a message that was acknowledged well before, and
//! no message comes to a socket that was not handed the one before it; and with the database in reach, hints or not,
//! it has come when the next heartbeat but one does.
//! "Well before": the node then handed a socket another message that was sent after that acknowledgement, then one that
//! was sent after that had come, and so on, some rounds. A busy node reads conversations one after the other, and each
//! read brings whatever is new by then; but it does not serve round after round and forget one conversation.
//!
//! A build that sends no hints at all has no such rounds. So there is a second look, at many deliveries together: while a
//! socket is answered again and again, most of what was sent before has come, and does not wait for the heartbeat.

use std::collections::{HashMap, VecDeque};

use crate::checker::truth::Conversation;
use crate::checker::watch::{Beat, Socket};
use crate::checker::weather::Weather;
use crate::checker::{Checker, Op, Rule, Timely};
use crate::history::Call;
use crate::seen::Seen;

/// Rounds by which a message was overtaken at its node before it is late, and before it is overdue.
const ROUNDS_IN_GOOD_WEATHER: usize = 8;
const ROUNDS_SINCE_A_HEARTBEAT: usize = 5;
/// Answers and messages one after the other at a socket, in which most of what was sent before has come too.
const ANSWERS: usize = 5;
/// So many deliveries are looked at together, of which so many may wait for a heartbeat.
const SAMPLE: usize = 60;
const LATE_IN_A_SAMPLE: usize = 40;
/// Heartbeats of a socket that are remembered.
const BEATS: usize = 16;
/// Messages that are remembered: those of several heartbeats.
const RECENT: usize = 8_192;

/// What came live to the sockets of each node: the line, and that at which it was first sent.
#[derive(Default)]
pub(super) struct Arrivals(HashMap<usize, VecDeque<(u64, u64)>>);

impl Arrivals {
    pub fn push(&mut self, node: usize, line: u64, sent: u64) {
        let came = self.0.entry(node).or_default();
        if came.len() == RECENT {
            came.pop_front();
        }
        came.push_back((line, sent));
    }

    /// The line before which everything was overtaken by so many rounds, all of which had ended at `until`.
    fn overtaken(&self, node: usize, until: u64, rounds: usize) -> Option<u64> {
        let came = self.0.get(&node)?;
        let mut limit = until;
        for _ in 0..rounds {
            let ended = came.partition_point(|(line, _)| *line <= limit);
            let mut latest = None;
            for (line, sent) in came.range(..ended).rev() {
                if latest.is_some_and(|latest| *line <= latest) {
                    break;
                }
                latest = latest.max(Some(*sent));
            }
            limit = latest?;
        }
        Some(limit)
    }
}

/// Whether deliveries that had to come at once did so, of the last ones.
#[derive(Default)]
pub(super) struct Sample(VecDeque<bool>);

impl Sample {
    /// How many came late when these are too many; then the next ones are looked at anew.
    fn add(&mut self, is_late: bool) -> Option<usize> {
        if self.0.len() == SAMPLE {
            self.0.pop_front();
        }
        self.0.push_back(is_late);
        let late = self.0.iter().filter(|is_late| **is_late).count();
        (late > LATE_IN_A_SAMPLE).then(|| {
            self.0.clear();
            late
        })
    }
}

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

impl Sent {
    /// Whether it had to come at once to a socket that was greeted at this line: then how far that was given its
    /// conversation.
    fn had_to_come(
        &self,
        socket: &Socket,
        welcomed_at: u64,
        known: Option<&Conversation>,
        weather: &Weather,
    ) -> Option<i64> {
        let given = socket.given.get(&self.conversation)?;
        let is_theirs = known.is_some_and(|known| known.is_steady(&socket.person));
        let is_fair = self.is_first
            && is_theirs
            && self.invoked > welcomed_at
            && weather.carries_hints(self.node, socket.node, self.invoked);
        is_fair.then_some(*given)
    }

    /// It is judged at a node.
    fn count_at(&mut self, node: usize, timely: &mut Timely) {
        timely.messages += u64::from(!self.is_judged);
        self.is_judged = true;
        if self.node != node {
            timely.elsewhere += u64::from(!self.is_judged_elsewhere);
            self.is_judged_elsewhere = true;
        }
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
        self.judge_sample(number, previous_beat);
        self.judge_beats(number, previous_beat);
    }

    /// Judges each message once at each socket, when it was overtaken by enough rounds: has it come?
    fn judge_hints(&mut self, number: u32, previous_beat: Option<Beat>) {
        let line = self.line;
        let Some(socket) = self.sockets.get_mut(&number) else { return };
        let Some(welcomed_at) = socket.welcomed_at else { return };
        // Only what had happened when the heartbeat left.
        let overtaken = self.arrivals.overtaken(socket.node, socket.made_after, ROUNDS_IN_GOOD_WEATHER);
        let Some(overtaken) = overtaken else { return };
        let from = socket.hints_judged.max(welcomed_at);
        socket.hints_judged = overtaken;
        let mut late = Vec::new();
        let first = self.recent.0.partition_point(|sent| sent.acknowledged <= from);
        for sent in self.recent.0.range_mut(first..).take_while(|sent| sent.acknowledged < overtaken) {
            let known = self.conversations.get(&sent.conversation);
            let Some(given) = sent.had_to_come(socket, welcomed_at, known, &self.weather) else { continue };
            // A heartbeat in between would have brought it.
            if previous_beat.is_none_or(|beat| beat.line < sent.acknowledged) {
                self.counts.timely.one_by_one += 1;
                sent.count_at(socket.node, &mut self.counts.timely);
            }
            if given < sent.seq {
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

    /// Looks at what was sent between two heartbeats, and after which the socket was answered again and again.
    fn judge_sample(&mut self, number: u32, previous_beat: Option<Beat>) {
        let line = self.line;
        let Some(socket) = self.sockets.get(&number) else { return };
        let Some(welcomed_at) = socket.welcomed_at else { return };
        let from = previous_beat.map_or(0, |beat| beat.line).max(welcomed_at);
        let mut too_many = Vec::new();
        let first = self.recent.0.partition_point(|sent| sent.acknowledged <= from);
        for sent in self.recent.0.range_mut(first..) {
            // What was acknowledged later was followed by fewer.
            if socket.rounds_since(sent.acknowledged) < ANSWERS {
                break;
            }
            let known = self.conversations.get(&sent.conversation);
            if let Some(given) = sent.had_to_come(socket, welcomed_at, known, &self.weather) {
                let is_late = given < sent.seq;
                sent.count_at(socket.node, &mut self.counts.timely);
                self.counts.timely.sampled += 1;
                self.counts.timely.sampled_late += u64::from(is_late);
                too_many.extend(self.sample.add(is_late));
            }
        }
        for late in too_many {
            let what = format!("of {SAMPLE} deliveries up to line {line} that had to come at once");
            self.say(Rule::Late, format!("{what}, {late} waited for a heartbeat"));
        }
    }

    /// Judges each message once at each socket, when a heartbeat has told of it and another has come well after.
    fn judge_beats(&mut self, number: u32, previous_beat: Option<Beat>) {
        let line = self.line;
        let Some(socket) = self.sockets.get_mut(&number) else { return };
        let (Some(welcomed_at), Some(previous_beat)) = (socket.welcomed_at, previous_beat) else { return };
        let overtaken = self.arrivals.overtaken(socket.node, socket.made_after, ROUNDS_SINCE_A_HEARTBEAT);
        if overtaken.is_none_or(|overtaken| overtaken < previous_beat.line) {
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
