//! Home feeds: twenty posts with everything that is shown of them, against one statement that reads as much.

use std::time::Duration;

use crate::community::Loaded;
use crate::measures::{CONNECTIONS, World, cycle};
use crate::options::Options;
use crate::pgbench::Pgbench;
use crate::report::{Axis, Goal, Line, Plot, Report, Row};
use crate::sample::{Figures, Sample, Side};
use crate::server::Server;
use crate::statistics::percentile;
use crate::traffic::{self, Requests, Until};

/// Readers of one round on a server that knows nothing yet.
const COLD: u64 = 2_000;
const CONCURRENCY: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

pub async fn measure(options: &Options, world: &World, report: &mut Report) -> anyhow::Result<()> {
    let (mut throughput, mut latency) = (Vec::new(), Vec::new());
    for (community, tokens) in world.each() {
        let engine = community.engine.name();
        println!("Home feeds, {engine}: {} rounds of {} s, {CONNECTIONS} connections", options.rounds, options.seconds);
        let requests: Vec<_> = tokens.iter().map(|token| traffic::get("/feed?limit=20", Some(token))).collect();
        let requests = cycle(requests)?;
        let Some(postgres) = world.postgres() else {
            println!("  without PostgreSQL there is nothing to compare with");
            return Ok(());
        };
        let (warm, join) = warm(options, community, postgres, &requests, report).await?;
        add(report, engine, "warm caches", 1.5, warm, join);
        let (cold, join) = cold(options, community, postgres, &requests).await?;
        add(report, engine, "cold caches (a server that has just started)", 0.7, cold, join);
        throughput.push(Line { name: engine.to_owned(), points: concurrency(options, community, &requests).await? });
        latency.push(Line {
            name: engine.to_owned(),
            points: distribution(options, community, &requests, warm.per_second / 2.0).await?,
        });
    }
    report.plot(Plot {
        name: "throughput",
        title: "Home feeds a second, warm caches".to_owned(),
        x: Axis { title: "connections".to_owned(), is_logarithmic: true },
        y: Axis { title: "requests a second".to_owned(), is_logarithmic: false },
        lines: throughput,
    });
    report.plot(Plot {
        name: "latency",
        title: "Home feeds at half load: share of requests that take longer".to_owned(),
        x: Axis { title: "milliseconds".to_owned(), is_logarithmic: true },
        y: Axis { title: "share that takes longer".to_owned(), is_logarithmic: true },
        lines: latency,
    });
    Ok(())
}

fn add(report: &mut Report, engine: &str, caches: &str, goal: f64, ours: Figures, join: Figures) {
    report.add(Row {
        number: 1,
        measure: format!("`GET /feed`, 20 posts, distinct readers, {caches} ({engine})"),
        ours: ours.to_string(),
        theirs: format!("{join} (pgbench, hydrated join)"),
        value: ours.per_cpu / join.per_cpu,
        goal: Some(Goal::AtLeast(goal)),
        headline: caches.starts_with("warm").then(|| format!("home feeds, {engine}, against a join in SQL")),
        revision: String::new(),
    });
    if ours.per_database_cpu > 0.0 {
        report.add(Row {
            number: 1,
            measure: format!("the same, the database alone on both sides, {caches} ({engine})"),
            ours: format!("{} a CPU-second of the database", crate::sample::grouped(ours.per_database_cpu)),
            theirs: format!("{} (pgbench, hydrated join)", crate::sample::grouped(join.per_database_cpu)),
            value: ours.per_database_cpu / join.per_database_cpu,
            goal: None,
            headline: None,
            revision: String::new(),
        });
    }
}

fn join(postgres: &Loaded) -> Pgbench<'_> {
    let shape = postgres.shape;
    let variables = vec![("readers", shape.readers()), ("step", shape.people / shape.readers())];
    Pgbench { on: postgres, script: "hydrated_feed.sql", variables, clients: CONNECTIONS }
}

async fn warm(
    options: &Options,
    community: &Loaded,
    postgres: &Loaded,
    requests: &Requests,
    report: &mut Report,
) -> anyhow::Result<(Figures, Figures)> {
    let server = Server::start(&options.village, community).await?;
    let everybody = Until::Count(u64::from(community.shape.readers()));
    traffic::closed(server.process.address(), CONNECTIONS, everybody, requests).await?;
    let before = caches(&server).await?;
    let (mut ours, mut theirs) = (Side::default(), Side::default());
    for round in 0..=options.rounds {
        let our = Sample::of_round(options, &server, requests).await?;
        let their = join(postgres).run(options.seconds).await?;
        if round > 0 {
            ours.add(our);
            theirs.add(their);
        }
    }
    let after = caches(&server).await?;
    let rates: Vec<String> = CACHES
        .iter()
        .zip(before.iter().zip(&after))
        .filter(|(_, (before, after))| after.0 + after.1 > before.0 + before.1)
        .map(|(name, (before, after))| {
            let (hits, misses) = (after.0 - before.0, after.1 - before.1);
            format!("{name} {:.1} %", 100.0 * hits / (hits + misses))
        })
        .collect();
    let engine = community.engine.name();
    report.note(1, format!("Found in caches while warm, {engine}: {}.", rates.join(", ")));
    Ok((ours.figures(), theirs.figures()))
}

const CACHES: [&str; 4] = ["tokens", "posts", "profiles", "large_audiences"];

/// Hits and misses of each cache so far.
async fn caches(server: &Server) -> anyhow::Result<Vec<(f64, f64)>> {
    let mut found = Vec::new();
    for name in CACHES {
        let of = |outcome: &str| format!("cache=\"{name}\",outcome=\"{outcome}\"");
        let hits = server.metric("village_cache_reads_total", &of("hit")).await?;
        found.push((hits, server.metric("village_cache_reads_total", &of("miss")).await?));
    }
    Ok(found)
}

/// Each round on a server that has just started, of other readers.
async fn cold(
    options: &Options,
    community: &Loaded,
    postgres: &Loaded,
    requests: &Requests,
) -> anyhow::Result<(Figures, Figures)> {
    let (mut ours, mut theirs) = (Side::default(), Side::default());
    for round in 0..=options.rounds as u64 {
        let server = Server::start(&options.village, community).await?;
        let all = requests.clone();
        let others: Requests = std::sync::Arc::new(move |number| all(round * COLD + number));
        let before = server.usage()?;
        let until = Until::Count(COLD.min(u64::from(community.shape.readers())));
        let load = traffic::closed(server.process.address(), CONNECTIONS, until, &others).await?;
        let our = Sample::since(&server, before, load)?;
        drop(server);
        let their = join(postgres).run(options.seconds).await?;
        if round > 0 {
            ours.add(our);
            theirs.add(their);
        }
    }
    Ok((ours.figures(), theirs.figures()))
}

async fn concurrency(options: &Options, community: &Loaded, requests: &Requests) -> anyhow::Result<Vec<(f64, f64)>> {
    let server = Server::start(&options.village, community).await?;
    let everybody = Until::Count(u64::from(community.shape.readers()));
    traffic::closed(server.process.address(), CONNECTIONS, everybody, requests).await?;
    let mut points = Vec::new();
    for connections in CONCURRENCY {
        let until = Until::Elapsed(Duration::from_secs(options.seconds.min(3)));
        let load = traffic::closed(server.process.address(), connections, until, requests).await?;
        points.push((connections as f64, load.requests as f64 / load.wall_seconds));
    }
    Ok(points)
}

/// Points (latency, share of requests that took longer) at a rate that leaves room.
async fn distribution(
    options: &Options,
    community: &Loaded,
    requests: &Requests,
    per_second: f64,
) -> anyhow::Result<Vec<(f64, f64)>> {
    let server = Server::start(&options.village, community).await?;
    let everybody = Until::Count(u64::from(community.shape.readers()));
    traffic::closed(server.process.address(), CONNECTIONS, everybody, requests).await?;
    let length = Duration::from_secs(options.seconds * 2);
    let mut load =
        traffic::steady(server.process.address(), 64, per_second, length, requests, |status| status == 200).await?;
    let shares = (0..60).map(|step| 10_f64.powf(-f64::from(step) / 20.0));
    let enough = load.latencies_ms.len() as f64 / 3.0;
    Ok(shares
        .filter(|share| share * enough >= 1.0)
        .map(|share| (percentile(&mut load.latencies_ms, 1.0 - share), share))
        .collect())
}
