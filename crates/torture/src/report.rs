//! What a run comes to, for people: counts, what was too little of, and the last line.

use std::fmt;
use std::time::Duration;

use crate::checker::{Checker, Violation};
use crate::history::Fault;
use crate::plan::{Engine, Plan};

pub struct Report {
    pub plan: Plan,
    pub checker: Checker,
    pub violations: Vec<Violation>,
    /// How long clients were at work.
    pub worked: Duration,
    pub logs: Vec<String>,
}

/// What ten minutes must contain.
struct Least {
    what: &'static str,
    in_ten_minutes: f64,
    had: u64,
}

impl Report {
    fn least(&self) -> Vec<Least> {
        let counts = &self.checker.counts;
        let least = |what, in_ten_minutes, had| Least { what, in_ten_minutes, had };
        let mut all = vec![
            least("acknowledged sends", 20_000.0, counts.acknowledged_sends),
            least("node kills", 60.0, counts.of(Fault::Kill)),
            least("resumes", 1_000.0, counts.resumes),
        ];
        // With one node everything is; with several, what has good weather at both.
        match self.plan.nodes {
            1 => all.push(least("messages judged by their time", 4_000.0, counts.timely.messages)),
            _ => all.push(least("messages judged by their time at another node", 500.0, counts.timely.elsewhere)),
        }
        if self.plan.engine == Engine::Postgres {
            all.push(least("cuts of PostgreSQL", 30.0, counts.cuts_of_the_database()));
        }
        if self.plan.redis {
            all.push(least("cuts of Redis", 30.0, counts.cuts_of_redis()));
        }
        all
    }

    /// What there was too little of for the run to prove anything.
    pub fn shortfalls(&self) -> Vec<String> {
        let share = self.plan.length.as_secs_f64() / 600.0;
        let all = self.least();
        let short = all.iter().filter(|least| (least.had as f64) < (least.in_ten_minutes * share).floor());
        short
            .map(|least| {
                let wanted = (least.in_ten_minutes * share).floor();
                format!("only {} {}, and {wanted} were to be", least.had, least.what)
            })
            .collect()
    }
}

impl fmt::Display for Report {
    /// Ends with the line `N violations`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = &self.plan;
        writeln!(
            f,
            "seed {}, {} with {} nodes, {:.0} s, history in {}",
            plan.seed,
            plan.engine.name(),
            plan.nodes,
            self.worked.as_secs_f64(),
            plan.history.display()
        )?;
        writeln!(f, "{}", self.checker.counts)?;
        for shortfall in self.shortfalls() {
            writeln!(f, "not enough: {shortfall}")?;
        }
        for violation in self.violations.iter().take(20) {
            writeln!(f, "{violation}")?;
        }
        for (rule, count) in self.checker.found() {
            writeln!(f, "{count} × {rule}")?;
        }
        write!(f, "{} violations", self.checker.total())
    }
}
