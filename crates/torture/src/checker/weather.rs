//! What is broken at which node. A fault excuses only what has to do with its node: what was sent there, and the
//! sockets there.

use std::collections::HashMap;

use crate::checker::watch::Beat;
use crate::history::{Fault, Phase};

/// Heartbeats of the node after a fault that repair what it did.
const REPAIRING_BEATS: usize = 2;

#[derive(Default)]
pub(super) struct Weather {
    /// Otherwise PostgreSQL carries the hints.
    pub hints_pass_redis: bool,
    nodes: HashMap<usize, Node>,
}

#[derive(Default)]
struct Node {
    process: Faults,
    database: Faults,
    redis: Faults,
}

/// Faults of one kind at one node.
#[derive(Default)]
struct Faults {
    open: usize,
    last_line: u64,
    repaired_at: Option<u64>,
}

impl Faults {
    fn observe(&mut self, line: u64, phase: Phase) {
        self.last_line = line;
        self.repaired_at = None;
        match phase {
            Phase::Begin => self.open += 1,
            Phase::End => self.open = self.open.saturating_sub(1),
        }
    }

    fn on_beat(&mut self, line: u64, beats: &[Beat]) {
        let repairing = beats.iter().filter(|beat| beat.made_after > self.last_line);
        if self.repaired_at.is_none() && repairing.count() >= REPAIRING_BEATS {
            self.repaired_at = Some(line);
        }
    }

    /// Nothing has broken since this line.
    fn rest_since(&self, line: u64) -> bool {
        self.open == 0 && self.last_line < line
    }

    /// And what broke before was repaired by then.
    fn fair_since(&self, line: u64) -> bool {
        self.rest_since(line) && (self.last_line == 0 || self.repaired_at.is_some_and(|repaired| repaired < line))
    }
}

impl Weather {
    pub fn observe(&mut self, line: u64, fault: Fault, node: usize, phase: Phase) {
        let node = self.nodes.entry(node).or_default();
        let faults = match fault {
            Fault::Kill | Fault::Drain => &mut node.process,
            Fault::CutDatabase | Fault::StallDatabase => &mut node.database,
            Fault::CutRedis | Fault::StallRedis => &mut node.redis,
        };
        faults.observe(line, phase);
    }

    /// A heartbeat came to a socket of the node, which had these, the new one included.
    pub fn on_beat(&mut self, node: usize, line: u64, beats: &[Beat]) {
        if let Some(node) = self.nodes.get_mut(&node) {
            for faults in [&mut node.process, &mut node.database, &mut node.redis] {
                faults.on_beat(line, beats);
            }
        }
    }

    /// Whether a message that was sent through a node after `line` must come at once to a socket that its own node had
    /// greeted by then.
    pub fn carries_hints(&self, from: usize, to: usize, line: u64) -> bool {
        if !self.reads_well(to, line) {
            return false;
        }
        if from == to {
            // Within a process a hint needs nothing but the process.
            return true;
        }
        [from, to].into_iter().filter_map(|node| self.nodes.get(&node)).all(|node| {
            let carrier = if self.hints_pass_redis { &node.redis } else { &node.database };
            node.process.fair_since(line) && carrier.fair_since(line)
        })
    }

    /// Whether the node has its database since `line`, so that its heartbeats find what the hints did not tell.
    pub fn reads_well(&self, node: usize, line: u64) -> bool {
        self.nodes.get(&node).is_none_or(|node| node.process.rest_since(line) && node.database.fair_since(line))
    }
}
