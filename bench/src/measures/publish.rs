//! Posts: with all rules, the event, and all that follows from it, against one row; and many callers against one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::community::Loaded;
use crate::community::store::Store;
use crate::measures::{CONNECTIONS, World};
use crate::options::Options;
use crate::pgbench::Pgbench;
use crate::report::{Goal, Report, Row};
use crate::sample::{Sample, Side, grouped};
use crate::server::{Engine, Server};
use crate::traffic::{self, Load, Requests, Until};

/// How long subscribers may take for what was published in one round.
const PATIENCE: Duration = Duration::from_secs(300);
const MANY: usize = 64;

pub async fn measure(options: &Options, world: &World, report: &mut Report) -> anyhow::Result<()> {
    for (community, tokens) in world.each() {
        let requests = posts(tokens);
        if let Some(postgres) = world.postgres() {
            against_one_row(options, community, postgres, &requests, report).await?;
        }
        if community.engine == Engine::Sqlite {
            many_against_one(options, community, &requests, report).await?;
        }
    }
    Ok(())
}

/// Posts of all readers in turn, to their followers.
pub fn posts(tokens: &[String]) -> Requests {
    let tokens = tokens.to_vec();
    Arc::new(move |number| -> Bytes {
        let body = format!(
            "{{\"body\":\"{number}: She slept through the night, and so did we, for the first time since we came home \
             from the hospital. Thank you.\"}}"
        );
        // Neighbours differ much in how many follow them; the factor spreads them over each round.
        let token = &tokens[(number as usize * 7_919) % tokens.len()];
        traffic::post("/posts", Some(token), &body)
    })
}

async fn against_one_row(
    options: &Options,
    community: &Loaded,
    postgres: &Loaded,
    requests: &Requests,
    report: &mut Report,
) -> anyhow::Result<()> {
    let engine = community.engine.name();
    println!("Posts, {engine}: {} rounds of {} s, {CONNECTIONS} connections", options.rounds, options.seconds);
    let mut bare = postgres.store().await?;
    bare.execute(
        "drop table if exists bench_posts; create table bench_posts (like posts_posts including all);
         drop sequence if exists bench_numbers; create sequence bench_numbers cache 100",
    )
    .await?;
    let row = Pgbench { on: postgres, script: "insert_post.sql", variables: Vec::new(), clients: CONNECTIONS };
    let (mut ours, mut accepted, mut theirs) = (Side::default(), Side::default(), Side::default());
    for round in 0..=options.rounds {
        let server = Server::start(&options.village, community).await?;
        let (our, at_once) = published(options, &server, community, CONNECTIONS, requests).await?;
        let their = row.run(options.seconds).await?;
        println!("  {}/s accepted, {}/s with all that follows", grouped(rate(&at_once)), grouped(rate(&our)));
        if round > 0 {
            ours.add(our);
            accepted.add(at_once);
            theirs.add(their);
        }
    }
    bare.execute("drop table bench_posts; drop sequence bench_numbers").await?;
    let (ours, accepted, theirs) = (ours.figures(), accepted.figures(), theirs.figures());
    report.add(Row {
        number: 3,
        measure: format!("`POST /posts` a second, until feeds and notifications are written too ({engine})"),
        ours: format!("{}/s", grouped(ours.per_second)),
        theirs: format!(
            "{}/s ({} a CPU-second; pgbench, one row, synchronous commit)",
            grouped(theirs.per_second),
            grouped(theirs.per_cpu)
        ),
        value: ours.per_second / theirs.per_second,
        goal: Some(Goal::AtLeast(0.6)),
        headline: Some(format!("posts a second, {engine}, against one row")),
        revision: String::new(),
    });
    report.add(Row {
        number: 3,
        measure: format!("the same, until they are answered ({engine})"),
        ours: accepted.to_string(),
        theirs: format!("{}/s", grouped(theirs.per_second)),
        value: accepted.per_second / theirs.per_second,
        goal: None,
        headline: None,
        revision: String::new(),
    });
    report.add(Row {
        number: 3,
        measure: format!("the same, posts a CPU-second with all that follows ({engine})"),
        ours: grouped(ours.per_cpu),
        theirs: grouped(theirs.per_cpu),
        value: ours.per_cpu / theirs.per_cpu,
        goal: None,
        headline: None,
        revision: String::new(),
    });
    Ok(())
}

fn rate(sample: &Sample) -> f64 {
    sample.requests as f64 / sample.wall_seconds
}

/// A round until the queue is as short as before, and the same until all were answered.
async fn published(
    options: &Options,
    server: &Server,
    community: &Loaded,
    connections: usize,
    requests: &Requests,
) -> anyhow::Result<(Sample, Sample)> {
    let mut store = community.store().await?;
    let depth_before = depth(&mut store).await?;
    let (before, started) = (server.usage()?, Instant::now());
    let until = Until::Elapsed(Duration::from_secs(options.seconds));
    let load = traffic::closed(server.process.address(), connections, until, requests).await?;
    let requests = load.requests;
    let at_once = Sample::since(server, before, load)?;
    while depth(&mut store).await? > depth_before {
        anyhow::ensure!(started.elapsed() < PATIENCE, "subscribers are still at work");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let load = Load { requests, wall_seconds: started.elapsed().as_secs_f64(), latencies_ms: Vec::new() };
    Ok((Sample::since(server, before, load)?, at_once))
}

/// Events that wait.
pub async fn depth(store: &mut Store) -> anyhow::Result<i64> {
    store.number("select (select count(*) from bus_queue) + (select count(*) from bus_outbox)").await
}

async fn many_against_one(
    options: &Options,
    community: &Loaded,
    requests: &Requests,
    report: &mut Report,
) -> anyhow::Result<()> {
    println!("Posts, SQLite: {MANY} callers against one");
    let (mut many, mut one) = (Side::default(), Side::default());
    for round in 0..=options.rounds {
        let server = Server::start(&options.village, community).await?;
        let (_, many_at_once) = published(options, &server, community, MANY, requests).await?;
        let (_, one_at_a_time) = published(options, &server, community, 1, requests).await?;
        if round > 0 {
            many.add(many_at_once);
            one.add(one_at_a_time);
        }
    }
    let (many, one) = (many.figures(), one.figures());
    report.add(Row {
        number: 6,
        measure: format!("SQLite, `synchronous=FULL`: posts of {MANY} callers a second"),
        ours: many.to_string(),
        theirs: format!("{one} (one caller)"),
        value: many.per_second / one.per_second,
        goal: Some(Goal::AtLeast(3.0)),
        headline: Some("SQLite, 64 callers against one".to_owned()),
        revision: String::new(),
    });
    Ok(())
}
