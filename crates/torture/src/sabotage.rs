//! The proof that the checker can fail: builds that are broken on purpose, and the run that shows each.

use std::time::Duration;

use crate::checker::Rule;
use crate::faults::Storm;
use crate::history::Fault;
use crate::plan::{Crowd, Engine, Plan};
use crate::workload::{Habits, Kind};

/// One way to break the server, as `VILLAGE_SABOTAGE` names it.
#[derive(Clone, Copy, Debug)]
pub struct Sabotage {
    pub name: &'static str,
    pub what: &'static str,
    pub course: Course,
    pub engine: Engine,
    /// It shows as one of these.
    pub shows_as: &'static [Rule],
    /// After so many answered operations at the latest.
    pub within_operations: u64,
}

/// A workload and what happens to the nodes meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Everything that clients do, and nothing breaks.
    Busy,
    /// Few words in many conversations, people who come and go, and nothing breaks.
    Quiet,
    /// Everything that clients do, and nodes are killed all the time.
    Deadly,
}

pub const ALL: [Sabotage; 10] = [
    Sabotage {
        name: "ack_before_commit",
        what: "a send is acknowledged before its commit",
        course: Course::Deadly,
        engine: Engine::Postgres,
        shows_as: &[Rule::Lost, Rule::Order, Rule::Duplicate],
        within_operations: 800,
    },
    Sabotage {
        name: "no_deduplication",
        what: "a `client_id` that comes again is a new message",
        course: Course::Busy,
        engine: Engine::Sqlite,
        shows_as: &[Rule::Duplicate],
        within_operations: 300,
    },
    Sabotage {
        name: "hint_before_commit",
        what: "nodes are told to look before there is anything to see",
        course: Course::Quiet,
        engine: Engine::Postgres,
        shows_as: &[Rule::Late],
        within_operations: 1_500,
    },
    Sabotage {
        name: "seq_outside_lock",
        what: "the seq is taken and the conversation let go before the message is written",
        course: Course::Busy,
        engine: Engine::Postgres,
        shows_as: &[Rule::Hole, Rule::Order],
        within_operations: 100,
    },
    Sabotage {
        name: "read_before_register",
        what: "what was missed is read before the socket is heard of",
        course: Course::Quiet,
        engine: Engine::Sqlite,
        shows_as: &[Rule::Late],
        within_operations: 500,
    },
    Sabotage {
        name: "relay_to_everybody",
        what: "messages are handed to whoever is connected, without looking who takes part",
        course: Course::Busy,
        engine: Engine::Postgres,
        shows_as: &[Rule::Outsider],
        within_operations: 100,
    },
    Sabotage {
        name: "outbox_row_dropped",
        what: "every fifth message is written without its event",
        course: Course::Busy,
        engine: Engine::Sqlite,
        shows_as: &[Rule::Event],
        within_operations: 1_000,
    },
    Sabotage {
        name: "resume_forgets_edits",
        what: "an answer to `resume` holds new messages and not the changed ones",
        course: Course::Busy,
        engine: Engine::Sqlite,
        shows_as: &[Rule::Stale],
        within_operations: 1_000,
    },
    Sabotage {
        name: "hints_never_sent",
        what: "no node is told of a new message, so that it waits for the heartbeat",
        course: Course::Quiet,
        engine: Engine::Postgres,
        shows_as: &[Rule::Late],
        within_operations: 1_000,
    },
    Sabotage {
        name: "relay_drops_row",
        what: "every fifth event is taken out of the outbox and put into no queue",
        course: Course::Busy,
        engine: Engine::Sqlite,
        shows_as: &[Rule::Event],
        within_operations: 1_000,
    },
];

impl Course {
    pub const ALL: [Self; 3] = [Self::Busy, Self::Quiet, Self::Deadly];

    /// The same for a good build and for a broken one.
    pub fn plan(self, engine: Engine) -> Plan {
        let plan = Plan::short(engine, 11, Duration::from_secs(12));
        match self {
            Self::Busy => Plan { storm: Storm::none(), ..plan },
            Self::Quiet => Plan {
                storm: Storm::none(),
                crowd: Crowd { people: 8, outsiders: 1, devices: 2, directs: 20, groups: 0 },
                habits: Habits::only(&[(Kind::Send, 90), (Kind::Ping, 5), (Kind::Reconnect, 5)]).pause(100, 600),
                heartbeat_seconds: 4,
                ..plan
            },
            Self::Deadly => Plan { storm: Storm::only(Fault::Kill, Duration::from_millis(900)), ..plan },
        }
    }
}

impl Sabotage {
    pub fn plan(&self) -> Plan {
        let sabotage = Some(self.name.to_owned());
        // What is seen only in the end is looked for soon.
        let length = Duration::from_secs(if self.shows_as == [Rule::Event] { 4 } else { 30 });
        Plan { sabotage, length, stop_early: true, ..self.course.plan(self.engine) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_has_a_row_for_each() {
        let page = std::fs::read_to_string("../../docs/reliability.md").unwrap();
        for one in &ALL {
            let rules: Vec<String> = one.shows_as.iter().map(Rule::to_string).collect();
            let course = format!("{:?}", one.course).to_lowercase();
            let row = format!(
                "| `{}` | {} | {course} | {} | {} | {} |",
                one.name,
                one.what,
                one.engine.name(),
                rules.join(", "),
                one.within_operations
            );
            assert!(page.contains(&row), "docs/reliability.md lacks the row\n{row}");
        }
    }
}
