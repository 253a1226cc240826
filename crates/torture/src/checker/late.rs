//! What came later than it may. Nothing here looks at a clock: later is what came after something else.
//!
//! A message is committed, then a hint makes every node hand it out at once; a lost hint is found by the next
//! heartbeat. So in good weather a heartbeat never tells a socket of a message that was acknowledged well before and
//! has not come, and no message comes to a socket that was not handed the one before it; and with the database in reach, hints or not, it has come when the next heartbeat but one does.
//! "Well before": another message was sent after that acknowledgement and has come to the same socket, then another
//! was sent and has come, and so on, some rounds. A busy node reads conversations one after the other, and each read
//! brings whatever is new by then; but it does not read the others round after round and forget one.

use crate::checker::{Checker, Rule};
use crate::history::{Fault, Phase};

/// Rounds of later messages that must have overtaken one before it is late, and before it is overdue.
const ROUNDS_IN_GOOD_WEATHER: usize = 5;
const ROUNDS_SINCE_A_HEARTBEAT: usize = 3;
/// Heartbeats after a fault that repair what it did.
const REPAIRING_BEATS: usize = 2;
/// Heartbeats of a socket that are remembered.
const BEATS: usize = 16;

#[derive(Default)]
pub(super) struct Weather {
    any: Faults,
    of_the_database: Faults,
}

/// Some faults, taken together.
#[derive(Default)]
struct Faults {
    open: usize,
    last_line: u64,
}

impl Faults {
    fn observe(&mut self, line: u64, phase: Phase) {
        self.last_line = line;
        match phase {
            Phase::Begin => self.open += 1,
            Phase::End => self.open = self.open.saturating_sub(1),
        }
    }

    /// From which line on a socket with these heartbeats has good weather; `None` when it has not.
    fn fair_since(&self, welcomed_at: u64, beats: &[u64]) -> Option<u64> {
        match (self.open, self.last_line) {
            (0, 0) => Some(welcomed_at),
            (0, last) => {
                let repaired = beats.iter().filter(|beat| **beat > last.max(welcomed_at)).nth(REPAIRING_BEATS - 1);
                repaired.copied()
            }
            _ => None,
        }
    }
}

impl Weather {
    pub fn observe(&mut self, line: u64, fault: Fault, phase: Phase) {
        self.any.observe(line, phase);
        if !fault.spares_the_database() {
            self.of_the_database.observe(line, phase);
        }
    }
}

impl Checker {
    /// A message comes to a socket: was it handed everything up to `prev_seq`?
    pub(super) fn check_skipped(&mut self, number: u32, conversation: &str, prev_seq: i64) {
        let Some(socket) = self.sockets.get(&number) else { return };
        let (Some(welcomed_at), Some(given)) = (socket.welcomed_at, socket.given.get(conversation).copied()) else {
            return;
        };
        let Some(known) = self.conversations.get(conversation).filter(|known| known.is_steady(&socket.person)) else {
            return;
        };
        let Some(fair) = self.weather.any.fair_since(welcomed_at, &socket.beats) else { return };
        let mut passed = known.acknowledged.range(given + 1..=prev_seq.max(given + 1));
        let skipped = passed.find(|(seq, (invoked, _))| **seq <= prev_seq && *invoked > fair).map(|(seq, _)| *seq);
        if let Some(seq) = skipped {
            let what = format!("socket {number} of {} was handed what comes after {prev_seq}", socket.person);
            self.say(Rule::Late, format!("{what} of {conversation} and never {seq}, with good weather"));
        }
    }

    pub(super) fn on_heartbeat(&mut self, number: u32) {
        let line = self.line;
        let Some(socket) = self.sockets.get_mut(&number) else { return };
        let previous_beat = socket.beats.last().copied();
        if socket.beats.len() == BEATS {
            socket.beats.remove(0);
        }
        socket.beats.push(line);
        let Some(socket) = self.sockets.get(&number) else { return };
        let Some(welcomed_at) = socket.welcomed_at else { return };
        let fair = self.weather.any.fair_since(welcomed_at, &socket.beats);
        let connected = self.weather.of_the_database.fair_since(welcomed_at, &socket.beats);
        let mut late = Vec::new();
        for (conversation, given) in &socket.given {
            let Some(known) = self.conversations.get(conversation).filter(|known| known.is_steady(&socket.person))
            else {
                continue;
            };
            for (seq, (invoked, acknowledged)) in known.acknowledged.range(given + 1..) {
                let began_after = |since: Option<u64>| since.is_some_and(|since| *invoked > since);
                let is_late = began_after(fair) && socket.rounds_since(*acknowledged) >= ROUNDS_IN_GOOD_WEATHER;
                let told = previous_beat.filter(|beat| beat > acknowledged);
                let is_overdue = began_after(connected)
                    && told.is_some_and(|told| socket.rounds_since(told) >= ROUNDS_SINCE_A_HEARTBEAT);
                if is_late || is_overdue {
                    let than = if is_late { "with good weather it had to come before" } else { "it is overdue at" };
                    late.push(format!(
                        "{seq} of {conversation}, acknowledged at line {acknowledged}, has not come to socket \
                         {number} of {}; {than} the heartbeat at line {line}",
                        socket.person
                    ));
                }
            }
        }
        late.sort();
        for what in late {
            self.say(Rule::Late, what);
        }
    }
}
