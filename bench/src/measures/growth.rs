//! What a community's size does to what people do most.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::community::ids::person;
use crate::community::random::mixed;
use crate::community::{Loaded, tables};
use crate::measures::publish::{depth, posts};
use crate::measures::{CONNECTIONS, cycle, reader_tokens};
use crate::options::Options;
use crate::report::{Axis, Goal, Line, Plot, Report, Row};
use crate::sample::{Figures, Sample, Side, grouped};
use crate::server::Server;
use crate::traffic::{self, Requests, Until};

const SIZES: [u32; 3] = [1_000, 10_000, 100_000];
/// Flat is 1. What grows with the logarithm of 1,000 to 100,000 costs 5/3 as much.
const LOGARITHMIC: f64 = 0.6;
const PATIENCE: Duration = Duration::from_secs(300);

/// What is measured, and how often it is done in one round. A number, not a time: what follows from posts takes far
/// longer than accepting them, and every round waits for it. Messages go where one was told of just before: whoever was
/// told within a minute is not told again, which costs less, and whether a minute has passed since the last round is
/// chance.
const OPERATIONS: [(&str, u64); 4] = [("feed", 3_000), ("post", 200), ("follow", 500), ("message", 1_000)];

pub async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let mut lines = Vec::new();
    for engine in options.engines() {
        let mut communities = Vec::new();
        for people in SIZES.into_iter().filter(|people| *people <= options.people) {
            communities.push(crate::community::load(&options.village, &options.data, &engine, people).await?);
        }
        println!("Growth, {}: {} rounds", engine.name(), options.rounds);
        // By operation and size.
        let mut sides: Vec<Vec<Side>> =
            OPERATIONS.iter().map(|_| communities.iter().map(|_| Side::default()).collect()).collect();
        for _ in 0..options.rounds {
            for (size, community) in communities.iter().enumerate() {
                for (operation, sample) in round_of(options, community).await?.into_iter().enumerate() {
                    sides[operation][size].add(sample);
                }
            }
        }
        for ((operation, _), sides) in OPERATIONS.iter().zip(sides) {
            let figures: Vec<Figures> = sides.into_iter().map(Side::figures).collect();
            let points: Vec<(f64, f64)> = communities
                .iter()
                .zip(&figures)
                .map(|(community, figures)| (f64::from(community.shape.people), figures.per_cpu))
                .collect();
            add(report, operation, engine.name(), &points);
            lines.push(Line { name: format!("{operation}, {}", engine.name()), points });
        }
    }
    report.plot(Plot {
        name: "growth",
        title: "What a CPU-second does, by size of the community".to_owned(),
        x: Axis { title: "people".to_owned(), is_logarithmic: true },
        y: Axis { title: "requests a CPU-second".to_owned(), is_logarithmic: true },
        lines,
    });
    Ok(())
}

fn add(report: &mut Report, operation: &str, engine: &str, points: &[(f64, f64)]) {
    let (Some(smallest), Some(largest)) = (points.first(), points.last()) else { return };
    let each: Vec<String> =
        points.iter().map(|(people, rate)| format!("{} with {} people", grouped(*rate), grouped(*people))).collect();
    report.add(Row {
        number: 13,
        measure: format!("growth: {operation}, requests a CPU-second ({engine})"),
        ours: each[1..].join(", "),
        theirs: each[0].clone(),
        value: largest.1 / smallest.1,
        goal: Some(Goal::AtLeast(LOGARITHMIC)),
        headline: None,
        revision: String::new(),
    });
}

/// Each operation on a server that has warmed up, until its events are handled.
async fn round_of(options: &Options, community: &Loaded) -> anyhow::Result<Vec<Sample>> {
    let shape = community.shape;
    let tokens = reader_tokens(community)?;
    let server = Server::start(&options.village, community).await?;
    // Communities are kept from run to run, and the same again would change nothing.
    let run = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis() as u64;
    let feeds = cycle(tokens.iter().map(|token| traffic::get("/feed?limit=20", Some(token))).collect())?;
    traffic::closed(server.process.address(), CONNECTIONS, Until::Count(tokens.len() as u64), &feeds).await?;
    let tokens = Arc::new(tokens);
    let follow: Requests = {
        let tokens = tokens.clone();
        Arc::new(move |number| {
            let number = mixed(number + (run << 16));
            let reader = number as usize % tokens.len();
            let number = number >> 32;
            // Never oneself: nobody else has this distance.
            let followee = (u64::from(shape.reader(reader as u32)) + 1 + number % u64::from(shape.people - 1))
                % u64::from(shape.people);
            let body = format!("{{\"user_id\":\"{}\"}}", person(followee as u32));
            traffic::post("/users/follow", Some(&tokens[reader]), &body)
        })
    };
    let messages = |pass: &'static str| -> Requests {
        let tokens = tokens.clone();
        Arc::new(move |number| {
            let reader = number as usize % tokens.len();
            let path = format!("/conversations/{}/messages", tables::conversation(shape, reader as u32));
            let body = format!(
                "{{\"client_id\":\"{run}-{pass}-{number}\",\"body\":\"She slept through the night, and so did we, for the first time.\"}}"
            );
            traffic::post(&path, Some(&tokens[reader]), &body)
        })
    };
    let mut samples = Vec::new();
    for ((name, count), requests) in OPERATIONS.into_iter().zip([feeds, posts(&tokens), follow, messages("told")]) {
        if name == "message" {
            until_handled(&server, community, count, &messages("telling")).await?;
        }
        samples.push(until_handled(&server, community, count, &requests).await?);
    }
    Ok(samples)
}

async fn until_handled(server: &Server, community: &Loaded, count: u64, requests: &Requests) -> anyhow::Result<Sample> {
    let mut store = community.store().await?;
    let (before, started) = (server.usage()?, Instant::now());
    let load = traffic::closed(server.process.address(), CONNECTIONS, Until::Count(count), requests).await?;
    while depth(&mut store).await? > 0 {
        anyhow::ensure!(started.elapsed() < PATIENCE, "subscribers are still at work");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Sample::since(server, before, load)
}
