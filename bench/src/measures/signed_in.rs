//! What it costs to know who is calling: the same answer with ten thousand people's tokens, and with none.

use std::time::Duration;

use crate::measures::{CONNECTIONS, World, cycle};
use crate::options::Options;
use crate::report::{Goal, Report, Row};
use crate::sample::{Sample, Side};
use crate::server::Server;
use crate::traffic::{self, Until};

/// Answers anybody, reads no database, and is short: identity is as large a part of it as it can be.
const PATH: &str = "/auth/registration";

pub async fn measure(options: &Options, world: &World, report: &mut Report) -> anyhow::Result<()> {
    for (community, tokens) in world.each() {
        let engine = community.engine.name();
        println!("Signed in, {engine}: {} tokens", tokens.len());
        let server = Server::start(&options.village, community).await?;
        let with = cycle(tokens.iter().map(|token| traffic::get(PATH, Some(token))).collect())?;
        let without = cycle(vec![traffic::get(PATH, None)])?;
        let everybody = Until::Count(tokens.len() as u64);
        traffic::closed(server.process.address(), CONNECTIONS, everybody, &with).await?;
        let (mut ours, mut theirs) = (Side::default(), Side::default());
        for round in 0..=options.rounds {
            for (side, requests) in [(&mut ours, &with), (&mut theirs, &without)] {
                let before = server.usage()?;
                let until = Until::Elapsed(Duration::from_secs(options.seconds));
                let load = traffic::closed(server.process.address(), CONNECTIONS, until, requests).await?;
                let sample = Sample::since(&server, before, load)?;
                if round > 0 {
                    side.add(sample);
                }
            }
        }
        let (ours, theirs) = (ours.figures(), theirs.figures());
        report.add(Row {
            number: 10,
            measure: format!("`GET {PATH}` with {} tokens in turn ({engine})", tokens.len()),
            ours: ours.to_string(),
            theirs: format!("{theirs} (without a token)"),
            value: ours.per_cpu / theirs.per_cpu,
            goal: Some(Goal::AtLeast(0.9)),
            headline: Some(format!("signed in, {engine}, against not")),
            revision: String::new(),
        });
    }
    Ok(())
}
