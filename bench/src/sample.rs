//! One round of one side, and what several rounds come to.

use std::time::Duration;

use serde::Serialize;

use crate::measures::CONNECTIONS;
use crate::options::Options;
use crate::server::{Server, Usage};
use crate::statistics::{median, percentile};
use crate::traffic::{self, Load, Requests, Until};

/// One round.
pub struct Sample {
    pub requests: u64,
    pub wall_seconds: f64,
    pub server_cpu: f64,
    pub database_cpu: f64,
    pub latencies_ms: Vec<f64>,
}

impl Sample {
    /// The requests, one after the other on each connection, for as long as a round lasts.
    pub async fn of_round(options: &Options, server: &Server, requests: &Requests) -> anyhow::Result<Self> {
        let before = server.usage()?;
        let until = Until::Elapsed(Duration::from_secs(options.seconds));
        let load = traffic::closed(server.process.address(), CONNECTIONS, until, requests).await?;
        Self::since(server, before, load)
    }

    /// What `server` and its database have used since `before`, for `load`.
    pub fn since(server: &Server, before: Usage, load: Load) -> anyhow::Result<Self> {
        let after = server.usage()?;
        Ok(Self {
            requests: load.requests,
            wall_seconds: load.wall_seconds,
            server_cpu: after.server - before.server,
            database_cpu: after.database - before.database,
            latencies_ms: load.latencies_ms,
        })
    }
}

/// Two kinds of requests to one server in turns, round by round, of which the first is the warm-up.
pub async fn alternate(
    options: &Options,
    server: &Server,
    ours: &Requests,
    theirs: &Requests,
) -> anyhow::Result<(Figures, Figures)> {
    let (mut our_side, mut their_side) = (Side::default(), Side::default());
    for round in 0..=options.rounds {
        for (side, requests) in [(&mut our_side, ours), (&mut their_side, theirs)] {
            let sample = Sample::of_round(options, server, requests).await?;
            if round > 0 {
                side.add(sample);
            }
        }
    }
    Ok((our_side.figures(), their_side.figures()))
}

/// The rounds of one side.
#[derive(Default)]
pub struct Side(Vec<Sample>);

/// Medians over the rounds; requests a second of processor where nothing else is said. Zero where it was not used.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Figures {
    pub per_cpu: f64,
    pub per_server_cpu: f64,
    pub per_database_cpu: f64,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

impl Side {
    pub fn add(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    pub fn figures(mut self) -> Figures {
        let of = |samples: &[Sample], figure: fn(&Sample) -> f64| median(samples.iter().map(figure).collect());
        let mut latencies =
            |share| median(self.0.iter_mut().map(|sample| percentile(&mut sample.latencies_ms, share)).collect());
        let (p50_ms, p99_ms) = (latencies(0.5), latencies(0.99));
        Figures {
            per_cpu: of(&self.0, |s| rate(s.requests, s.server_cpu + s.database_cpu)),
            per_server_cpu: of(&self.0, |s| rate(s.requests, s.server_cpu)),
            per_database_cpu: of(&self.0, |s| rate(s.requests, s.database_cpu)),
            per_second: of(&self.0, |s| rate(s.requests, s.wall_seconds)),
            p50_ms,
            p99_ms,
        }
    }
}

fn rate(requests: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { requests as f64 / seconds } else { 0.0 }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.per_cpu > 0.0 {
            write!(f, "{} a CPU-second", grouped(self.per_cpu))?;
            if self.per_server_cpu > 0.0 && self.per_database_cpu > 0.0 {
                let (server, database) = (grouped(self.per_server_cpu), grouped(self.per_database_cpu));
                write!(f, " (server alone {server}, database alone {database})")?;
            }
            write!(f, ", ")?;
        }
        write!(f, "{}/s", grouped(self.per_second))?;
        if self.p99_ms > 0.0 {
            write!(f, ", p50 {:.1} ms, p99 {:.1} ms", self.p50_ms, self.p99_ms)?;
        }
        Ok(())
    }
}

/// Rounded, with a comma between thousands.
pub fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_round_counts() {
        let mut side = Side::default();
        for requests in [100, 300, 200] {
            let latencies_ms = vec![requests as f64];
            side.add(Sample { requests, wall_seconds: 2.0, server_cpu: 1.0, database_cpu: 3.0, latencies_ms });
        }
        let figures = side.figures();
        assert_eq!((figures.per_cpu, figures.per_second, figures.p99_ms), (50.0, 100.0, 200.0));
        assert_eq!((figures.per_server_cpu, grouped(1_234_567.4)), (200.0, "1,234,567".to_owned()));
    }
}
