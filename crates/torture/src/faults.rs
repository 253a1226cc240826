//! When what breaks, drawn from the seed before the run begins.

use std::time::Duration;

use rand::RngExt as _;

use crate::history::Fault;
use crate::plan::{Engine, Plan, streams};

/// How often each fault happens on average; never when left out.
#[derive(Clone, Debug, Default)]
pub struct Storm {
    pub every: Vec<(Fault, Duration)>,
}

/// One fault to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    pub at: Duration,
    pub fault: Fault,
    pub node: usize,
    pub lasts: Duration,
    /// Of two ways to do it.
    pub variant: bool,
}

impl Storm {
    /// A tenth more than a run must have of each; see `report`.
    pub fn long(engine: Engine) -> Self {
        Self::with(engine, 8_500, 50_000, [17_000, 30_000, 17_000, 40_000])
    }

    pub fn short(engine: Engine) -> Self {
        Self::with(engine, 6_000, 15_000, [7_000, 9_000, 7_000, 11_000])
    }

    fn with(engine: Engine, kill: u64, drain: u64, [cut_db, stall_db, cut_redis, stall_redis]: [u64; 4]) -> Self {
        let mut every = vec![(Fault::Kill, kill), (Fault::Drain, drain)];
        if engine == Engine::Postgres {
            every.extend([
                (Fault::CutDatabase, cut_db),
                (Fault::StallDatabase, stall_db),
                (Fault::CutRedis, cut_redis),
                (Fault::StallRedis, stall_redis),
            ]);
        }
        Self { every: every.into_iter().map(|(fault, millis)| (fault, Duration::from_millis(millis))).collect() }
    }

    pub fn only(fault: Fault, every: Duration) -> Self {
        Self { every: vec![(fault, every)] }
    }

    pub fn none() -> Self {
        Self::default()
    }
}

/// All faults of a run, in their order.
pub fn schedule(plan: &Plan) -> Vec<Strike> {
    let mut random = plan.random(streams::FAULTS);
    let mut strikes = Vec::new();
    for (fault, every) in &plan.storm.every {
        if matches!(fault, Fault::CutRedis | Fault::StallRedis) && !plan.redis {
            continue;
        }
        let mut at = every.mul_f64(random.random_range(0.2..0.8));
        while at < plan.length {
            let lasts = match fault {
                Fault::Kill | Fault::Drain => random.random_range(0..=800),
                Fault::CutDatabase | Fault::CutRedis => random.random_range(0..=1_500),
                Fault::StallDatabase | Fault::StallRedis => random.random_range(300..=4_000),
            };
            strikes.push(Strike {
                at,
                fault: *fault,
                node: random.random_range(0..plan.nodes),
                lasts: Duration::from_millis(lasts),
                variant: random.random(),
            });
            at += every.mul_f64(random.random_range(0.6..1.3));
        }
    }
    strikes.sort_by_key(|strike| strike.at);
    strikes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_the_faults_and_a_long_run_has_enough_of_them() {
        let plan = |seed| Plan::long(Engine::Postgres, seed, Duration::from_secs(600));
        assert_eq!(schedule(&plan(3)), schedule(&plan(3)));
        assert_ne!(schedule(&plan(3)), schedule(&plan(4)));
        for seed in 0..50 {
            let strikes = schedule(&plan(seed));
            let count = |fault| strikes.iter().filter(|strike| strike.fault == fault).count();
            assert!(count(Fault::Kill) >= 60, "seed {seed}: {}", count(Fault::Kill));
            assert!(count(Fault::CutDatabase) >= 30 && count(Fault::CutRedis) >= 30, "seed {seed}");
        }
    }
}
