//! Profiles, against a server that always gives the same answer of the same size.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::Router;
use axum::http::header;
use axum::routing::get;
use bytes::Bytes;
use tokio::process::{Child, Command};
use village_testkit::free_port;

use crate::community::ids::person;
use crate::community::random::{Random, Shuffle, Zipf};
use crate::measures::{CONNECTIONS, World, body_size};
use crate::options::Options;
use crate::process;
use crate::report::{Goal, Report, Row};
use crate::sample::{Sample, Side};
use crate::server::Server;
use crate::traffic::{self, Requests, Until};

/// Requests that are made ahead; enough that hardly one is repeated soon.
const AHEAD: usize = 100_000;

pub async fn measure(options: &Options, world: &World, report: &mut Report) -> anyhow::Result<()> {
    for (community, tokens) in world.each() {
        let engine = community.engine.name();
        println!("Profiles, {engine}: {} rounds of {} s, {CONNECTIONS} connections", options.rounds, options.seconds);
        let server = Server::start(&options.village, community).await?;
        let people = community.shape.people;
        let (popular, by_rank, mut random) = (Zipf::new(people, 1.0), Shuffle::new(people), Random::new(7));
        let ahead: Vec<Bytes> = (0..AHEAD)
            .map(|number| {
                let wanted = person(by_rank.of(popular.draw(&mut random)));
                traffic::get(&format!("/users/{wanted}"), Some(&tokens[number % tokens.len()]))
            })
            .collect();
        let size = body_size(server.process.address(), &ahead[0]).await?;
        let requests: Requests = Arc::new(move |number| ahead[number as usize % AHEAD].clone());
        let (always_same, address) = start(size).await?;
        let same: Requests = {
            let request = traffic::get("/", tokens.first().map(String::as_str));
            Arc::new(move |_| request.clone())
        };
        let (mut ours, mut theirs) = (Side::default(), Side::default());
        for round in 0..=options.rounds {
            let length = Until::Elapsed(Duration::from_secs(options.seconds));
            let our = Sample::of_round(options, &server, &requests).await?;
            let pid = always_same.id().context("the other server runs")?;
            let cpu_before = process::cpu_seconds(pid)?;
            let load = traffic::closed(&address, CONNECTIONS, length, &same).await?;
            let their = Sample {
                requests: load.requests,
                wall_seconds: load.wall_seconds,
                server_cpu: process::cpu_seconds(pid)? - cpu_before,
                database_cpu: 0.0,
                latencies_ms: load.latencies_ms,
            };
            if round > 0 {
                ours.add(our);
                theirs.add(their);
            }
        }
        let (ours, theirs) = (ours.figures(), theirs.figures());
        report.add(Row {
            number: 2,
            measure: format!("`GET /users/{{id}}`, popular people more often ({engine})"),
            ours: ours.to_string(),
            theirs: format!("{theirs} (axum, always the same {size} bytes)"),
            value: ours.per_cpu / theirs.per_cpu,
            goal: Some(Goal::AtLeast(0.6)),
            headline: Some(format!("profiles, {engine}, against a fixed answer")),
            revision: String::new(),
        });
    }
    Ok(())
}

async fn start(bytes: usize) -> anyhow::Result<(Child, String)> {
    let listen: SocketAddr = ([127, 0, 0, 1], free_port()).into();
    let server = Command::new(std::env::current_exe()?)
        .args(["static", "--listen", &listen.to_string(), "--bytes", &bytes.to_string()])
        .kill_on_drop(true)
        .spawn()
        .context("the server that always gives the same answer could not be started")?;
    let started = Instant::now();
    while body_size(&listen.to_string(), &traffic::get("/", None)).await.is_err() {
        anyhow::ensure!(started.elapsed() < Duration::from_secs(10), "the other server did not start");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    Ok((server, listen.to_string()))
}

/// The other side: the same body for everybody.
pub async fn serve(listen: SocketAddr, bytes: usize) -> anyhow::Result<()> {
    let body = Bytes::from(vec![b' '; bytes]);
    let answer = move || async move { ([(header::CONTENT_TYPE, "application/json")], body) };
    let router = Router::new().route("/", get(answer));
    let listener = tokio::net::TcpListener::bind(listen).await?;
    Ok(axum::serve(axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true))), router).await?)
}
