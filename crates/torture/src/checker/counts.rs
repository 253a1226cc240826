//! How much happened.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::history::{Call, Event, Fault, Phase};

#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub invoked: u64,
    pub acknowledged_sends: u64,
    acknowledged: BTreeMap<&'static str, u64>,
    pub refused: u64,
    pub maybes: u64,
    pub frames: u64,
    pub heartbeats: u64,
    pub connections: u64,
    pub resumes: u64,
    pub gaps: u64,
    pub histories: u64,
    pub faults: BTreeMap<Fault, u64>,
    calls: HashMap<u64, &'static str>,
}

impl Counts {
    pub(super) fn observe(&mut self, event: &Event) {
        match event {
            Event::Connect { .. } => self.connections += 1,
            Event::Welcome { resumed, .. } if *resumed > 0 => self.resumes += 1,
            Event::Invoke { op, call, .. } => {
                self.invoked += 1;
                self.calls.insert(*op, name(call));
            }
            Event::Ok { op, .. } => {
                let Some(call) = self.calls.remove(op) else { return };
                *self.acknowledged.entry(call).or_default() += 1;
                match call {
                    "send" => self.acknowledged_sends += 1,
                    "resume" => self.resumes += 1,
                    _ => {}
                }
            }
            Event::Refused { op, .. } => {
                self.calls.remove(op);
                self.refused += 1;
            }
            Event::Maybe { op, .. } => {
                self.calls.remove(op);
                self.maybes += 1;
            }
            Event::Frame { frame, .. } => {
                self.frames += 1;
                match frame["type"].as_str() {
                    Some("heartbeat") => self.heartbeats += 1,
                    Some("gap") => self.gaps += 1,
                    _ => {}
                }
            }
            Event::History { .. } => self.histories += 1,
            Event::Fault { fault, phase: Phase::Begin, .. } => *self.faults.entry(*fault).or_default() += 1,
            _ => {}
        }
    }

    /// Operations that were answered, whatever the answer.
    pub fn answered(&self) -> u64 {
        self.acknowledged.values().sum::<u64>() + self.refused
    }

    pub fn of(&self, fault: Fault) -> u64 {
        self.faults.get(&fault).copied().unwrap_or_default()
    }

    pub fn cuts_of_the_database(&self) -> u64 {
        self.of(Fault::CutDatabase)
    }

    pub fn cuts_of_redis(&self) -> u64 {
        self.of(Fault::CutRedis)
    }
}

fn name(call: &Call) -> &'static str {
    match call {
        Call::Send { .. } => "send",
        Call::Read { .. } => "read",
        Call::Edit { .. } => "edit",
        Call::Delete { .. } => "delete",
        Call::React { .. } => "react",
        Call::Resume { .. } => "resume",
        Call::History { .. } => "history",
        Call::Ping => "ping",
        Call::Block { .. } => "block",
        Call::Add { .. } => "add",
        Call::Remove { .. } => "remove",
        Call::Intrude { .. } => "intrude",
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "operations: {} invoked, {} refused, {} maybe", self.invoked, self.refused, self.maybes)?;
        write!(f, "acknowledged:")?;
        for (call, count) in &self.acknowledged {
            write!(f, " {count} {call}")?;
        }
        writeln!(f)?;
        let (connections, resumes, gaps) = (self.connections, self.resumes, self.gaps);
        writeln!(f, "sockets: {connections} opened, {resumes} resumes, {gaps} gaps, {} frames", self.frames)?;
        writeln!(f, "histories read over REST: {}; heartbeats: {}", self.histories, self.heartbeats)?;
        write!(f, "faults:")?;
        let named = [
            (Fault::Kill, "node kills"),
            (Fault::Drain, "drains"),
            (Fault::CutDatabase, "cuts of the database"),
            (Fault::StallDatabase, "stalls of the database"),
            (Fault::CutRedis, "cuts of Redis"),
            (Fault::StallRedis, "stalls of Redis"),
        ];
        let shown: Vec<String> = named.iter().map(|(fault, name)| format!(" {} {name}", self.of(*fault))).collect();
        write!(f, "{}", shown.join(","))
    }
}
