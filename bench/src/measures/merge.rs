//! What it costs that a reader follows people whose audience is too large for timelines.

use crate::community::LARGE_SOURCES;
use crate::measures::{World, cycle};
use crate::options::Options;
use crate::report::{Goal, Report, Row};
use crate::sample::alternate;
use crate::server::Server;
use crate::traffic::{self, Requests};

pub async fn measure(options: &Options, world: &World, report: &mut Report) -> anyhow::Result<()> {
    for community in &world.communities {
        let engine = community.engine.name();
        println!("Merging {LARGE_SOURCES} large audiences, {engine}: {} rounds", options.rounds);
        let shape = community.shape;
        let feeds = |people: std::ops::Range<u32>| -> anyhow::Result<Requests> {
            let requests =
                people.map(|person| Ok(traffic::get("/feed?limit=20", Some(&community.tokens.token(shape, person)?))));
            cycle(requests.collect::<anyhow::Result<_>>()?)
        };
        let (with, without) = (feeds(shape.with_large())?, feeds(shape.without_large())?);
        let server = Server::start(&options.village, community).await?;
        let (ours, theirs) = alternate(options, &server, &with, &without).await?;
        report.add(Row {
            number: 5,
            measure: format!("`GET /feed` of people with {LARGE_SOURCES} large audiences ({engine})"),
            ours: ours.to_string(),
            theirs: format!("{theirs} (people without)"),
            value: ours.per_cpu / theirs.per_cpu,
            goal: Some(Goal::AtLeast(0.5)),
            headline: Some(format!("feeds with {LARGE_SOURCES} large audiences, {engine}, against none")),
            revision: String::new(),
        });
    }
    Ok(())
}
