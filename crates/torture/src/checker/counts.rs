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
    /// Every `hello` and `resume` with a position, and those of them that brought something.
    pub resumes: u64,
    pub resumes_with_news: u64,
    pub gaps: u64,
    pub histories: u64,
    pub faults: BTreeMap<Fault, u64>,
    pub timely: Timely,
    /// Events of messages, and those of them that were handled; known in the end.
    pub events: (u64, u64),
    calls: HashMap<u64, &'static str>,
    resuming: HashMap<u32, Resuming>,
}

/// Of what it was judged whether it came in time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timely {
    /// Messages that had to come to some socket at once; and to one of another node than they were sent through.
    pub messages: u64,
    pub elsewhere: u64,
    /// Their deliveries to sockets: judged each by itself, and many together, of which some had waited for a heartbeat.
    pub one_by_one: u64,
    pub sampled: u64,
    pub sampled_late: u64,
    /// Deliveries to sockets that a heartbeat had told of them.
    pub after_a_beat: u64,
}

/// What one socket asked to be told: with its `hello`, until that has brought something, and since.
#[derive(Clone, Debug, Default)]
struct Resuming {
    hello: bool,
    /// Operations, and whether they have brought something.
    asked: BTreeMap<u64, bool>,
}

impl Counts {
    pub(super) fn observe(&mut self, event: &Event) {
        match event {
            Event::Connect { .. } => self.connections += 1,
            Event::Welcome { socket, resumed } if *resumed > 0 => {
                self.resumes += 1;
                self.resuming.entry(*socket).or_default().hello = true;
            }
            Event::Closed { socket, .. } => {
                self.resuming.remove(socket);
            }
            Event::Invoke { op, socket, call, .. } => {
                self.invoked += 1;
                if let (Call::Resume { .. }, Some(socket)) = (call, socket) {
                    self.resuming.entry(*socket).or_default().asked.insert(*op, false);
                }
                self.calls.insert(*op, name(call));
            }
            Event::Ok { op, .. } => {
                let Some(call) = self.calls.remove(op) else { return };
                *self.acknowledged.entry(call).or_default() += 1;
                match call {
                    "send" => self.acknowledged_sends += 1,
                    "resume" => {
                        self.resumes += 1;
                        let brought = self.resuming.values_mut().find_map(|resuming| resuming.asked.remove(op));
                        self.resumes_with_news += u64::from(brought == Some(true));
                    }
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
            Event::Frame { socket, frame } => {
                self.frames += 1;
                match frame["type"].as_str() {
                    Some("heartbeat") => self.heartbeats += 1,
                    Some("gap") => {
                        self.gaps += 1;
                        self.on_news(*socket);
                    }
                    Some("rows") if frame["messages"].as_array().is_some_and(|rows| !rows.is_empty()) => {
                        self.on_news(*socket);
                    }
                    _ => {}
                }
            }
            Event::History { .. } => self.histories += 1,
            Event::Fault { fault, phase: Phase::Begin, .. } => *self.faults.entry(*fault).or_default() += 1,
            _ => {}
        }
    }

    /// Rows come only where somebody asked.
    fn on_news(&mut self, socket: u32) {
        let Some(resuming) = self.resuming.get_mut(&socket) else { return };
        if let Some(mut asked) = resuming.asked.first_entry() {
            *asked.get_mut() = true;
        } else if std::mem::take(&mut resuming.hello) {
            self.resumes_with_news += 1;
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
        Call::Pin { .. } => "pin",
        Call::Delivered { .. } => "delivered",
        Call::Typing { .. } => "typing",
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
        let (resumes, with_news) = (self.resumes, self.resumes_with_news);
        writeln!(f, "sockets: {} opened, {} gaps, {} frames", self.connections, self.gaps, self.frames)?;
        writeln!(f, "resumes: {resumes}, of which {with_news} brought what was missed")?;
        let Timely { messages, elsewhere, one_by_one, sampled, sampled_late, after_a_beat } = self.timely;
        writeln!(f, "judged by their time: {messages} messages, {elsewhere} of them at another node")?;
        writeln!(
            f,
            "deliveries: {one_by_one} judged one by one, {after_a_beat} after a heartbeat; of {sampled} together \
             {sampled_late} waited for one"
        )?;
        let (events, handled) = self.events;
        writeln!(f, "events of messages: {events}, of which {handled} were handled by the end")?;
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
