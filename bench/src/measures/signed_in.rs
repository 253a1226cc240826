//! What it costs to know who is calling: the same answer with ten thousand people's tokens, and with none.

use crate::measures::{CONNECTIONS, World, cycle};
use crate::options::Options;
use crate::report::{Goal, Report, Row};
use crate::sample::alternate;
use crate::server::Server;
use crate::traffic::{self, Until};

/// Answers anybody, is short and asks no database, so that identity is as large a part of it as of no other answer.
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
        let (ours, theirs) = alternate(options, &server, &with, &without).await?;
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
