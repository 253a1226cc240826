//! Whether feeds stay quick while many try to log in, and while posts of popular people are spread.

use std::sync::Arc;
use std::time::Duration;

use crate::community::Loaded;
use crate::measures::publish::depth;
use crate::measures::{CONNECTIONS, World, cycle, fan_out};
use crate::options::Options;
use crate::report::{Goal, Report, Row};
use crate::server::Server;
use crate::statistics::{median, percentile};
use crate::traffic::{self, Connection, Requests, Until};

const LOGINS_PER_SECOND: f64 = 200.0;
/// Feeds a second: far from what the server could do, as on a normal day.
const FEEDS_PER_SECOND: f64 = 100.0;
const POSTS: usize = 10;
const AUDIENCE: u32 = 10_000;

#[derive(Clone, Copy)]
enum Pressure {
    None,
    Logins,
    Posts,
}

pub async fn measure(options: &Options, world: &World, report: &mut Report) -> anyhow::Result<()> {
    for (community, tokens) in world.each() {
        let engine = community.engine.name();
        println!("Feeds under pressure, {engine}: {} rounds", options.rounds);
        let feeds = cycle(tokens.iter().map(|token| traffic::get("/feed?limit=20", Some(token))).collect())?;
        let posts = fan_out::popular_posts(community, AUDIENCE, POSTS)?;
        let server = Server::start(&options.village, community).await?;
        let everybody = Until::Count(tokens.len() as u64);
        traffic::closed(server.process.address(), CONNECTIONS, everybody, &feeds).await?;
        let mut p99 = [Vec::new(), Vec::new(), Vec::new()];
        for round in 0..=options.rounds {
            for (position, pressure) in [Pressure::None, Pressure::Logins, Pressure::Posts].into_iter().enumerate() {
                let latency = under(options, community, &server, &feeds, &posts, pressure).await?;
                if round > 0 {
                    p99[position].push(latency);
                }
            }
        }
        let [calm, logins, spread] = p99.map(median);
        let mut add = |what: String, p99: f64| {
            report.add(Row {
                number: 11,
                measure: format!("p99 of `GET /feed` while {what} ({engine})"),
                ours: format!("{p99:.1} ms"),
                theirs: format!("{calm:.1} ms (without, {FEEDS_PER_SECOND:.0} feeds a second in both)"),
                value: p99 / calm,
                goal: Some(Goal::AtMost(2.0)),
                headline: None,
                revision: String::new(),
            });
        };
        add(format!("{LOGINS_PER_SECOND:.0} logins a second are tried"), logins);
        add(format!("{POSTS} posts to {AUDIENCE} people each are spread"), spread);
    }
    Ok(())
}

async fn under(
    options: &Options,
    community: &Loaded,
    server: &Server,
    feeds: &Requests,
    posts: &[bytes::Bytes],
    pressure: Pressure,
) -> anyhow::Result<f64> {
    let address = server.process.address();
    let length = Duration::from_secs(options.seconds * 2);
    let reading = traffic::steady(address, 64, FEEDS_PER_SECOND, length, feeds, |status| status == 200);
    let mut load = match pressure {
        Pressure::None => reading.await?,
        Pressure::Logins => {
            let people = u64::from(community.shape.people);
            let logins: Requests = Arc::new(move |number| {
                let email = format!("person{}@example.org", number * 7_919 % people);
                let body = format!("{{\"email\":\"{email}\",\"password\":\"correct horse battery staple\"}}");
                traffic::post("/auth/login", None, &body)
            });
            // Most are told to come back: hashing has its share of the processors and no more.
            let accepts = |status: u16| [200, 429, 503].contains(&status);
            let trying = traffic::steady(address, 128, LOGINS_PER_SECOND, length, &logins, accepts);
            let (load, tried) = tokio::join!(reading, trying);
            tried?;
            load?
        }
        Pressure::Posts => {
            let publishing = async {
                let mut connection = Connection::open(address).await?;
                for post in posts {
                    connection.exchange(post).await?.expect_success()?;
                }
                anyhow::Ok(())
            };
            let (load, published) = tokio::join!(reading, publishing);
            published?;
            load?
        }
    };
    let mut store = community.store().await?;
    while depth(&mut store).await? > 0 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(percentile(&mut load.latencies_ms, 0.99))
}
