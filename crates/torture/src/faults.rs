//! When what breaks, drawn from the seed before the run begins.

use std::time::Duration;

use rand::RngExt as _;

use crate::history::Fault;
use crate::plan::{Engine, Plan, streams};

/// How often each fault happens on average; never when left out.
#[derive(Clone, Debug, Default)]
pub struct Storm {
    pub every: Vec<(Fault, Duration)>,
    pub calm: Option<Calm>,
}

/// Spells in which nothing new breaks, so that what holds only in good weather can be judged at all.
#[derive(Clone, Copy, Debug)]
pub struct Calm {
    /// So long something breaks before each.
    pub after: Duration,
    pub lasts: Duration,
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
        let calm = Calm { after: Duration::from_secs(60), lasts: Duration::from_secs(30) };
        Self::with(engine, 6_000, 35_000, [12_000, 21_000, 12_000, 28_000], calm)
    }

    pub fn short(engine: Engine) -> Self {
        let calm = Calm { after: Duration::from_secs(10), lasts: Duration::from_secs(10) };
        Self::with(engine, 4_000, 8_000, [5_000, 6_000, 5_000, 7_000], calm)
    }

    fn with(
        engine: Engine,
        kill: u64,
        drain: u64,
        [cut_db, stall_db, cut_redis, stall_redis]: [u64; 4],
        calm: Calm,
    ) -> Self {
        let mut every = vec![(Fault::Kill, kill), (Fault::Drain, drain)];
        if engine == Engine::Postgres {
            every.extend([
                (Fault::CutDatabase, cut_db),
                (Fault::StallDatabase, stall_db),
                (Fault::CutRedis, cut_redis),
                (Fault::StallRedis, stall_redis),
            ]);
        }
        let every = every.into_iter().map(|(fault, millis)| (fault, Duration::from_millis(millis))).collect();
        Self { every, calm: Some(calm) }
    }

    pub fn only(fault: Fault, every: Duration) -> Self {
        Self { every: vec![(fault, every)], calm: None }
    }

    pub fn none() -> Self {
        Self::default()
    }
}

impl Calm {
    /// When it is that faults have been at work for so long.
    fn later(self, worked: Duration) -> Duration {
        let spells = worked.as_millis() / self.after.as_millis().max(1);
        worked + self.lasts * u32::try_from(spells).unwrap_or(u32::MAX)
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
        let mut worked = every.mul_f64(random.random_range(0.2..0.8));
        loop {
            let at = plan.storm.calm.map_or(worked, |calm| calm.later(worked));
            if at >= plan.length {
                break;
            }
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
            worked += every.mul_f64(random.random_range(0.6..1.3));
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
            for spell in 0..6 {
                let calm = Duration::from_secs(60 + spell * 90)..Duration::from_secs(90 + spell * 90);
                assert!(!strikes.iter().any(|strike| calm.contains(&strike.at)), "seed {seed}");
            }
        }
    }
}
