//! What must not get worse unnoticed, in figures that are the same on every machine: how many statements a request
//! takes. Counted on any build, in the server's own log, and compared with `bench/baseline.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use serde_json::Value;
use village_testkit::Launch;

use crate::community::ids::person;
use crate::community::store::Store;
use crate::community::{Loaded, tables};
use crate::measures::publish::{depth, posts};
use crate::server::{Engine, Server, without_limits};
use crate::traffic::{self, Connection, Until};

#[derive(clap::Args)]
pub struct Guard {
    /// Any build of `village`
    #[arg(long)]
    village: PathBuf,
    /// `postgres://USER@HOST:PORT`
    #[arg(long)]
    postgres: String,
    /// Folder for the communities
    #[arg(long)]
    data: PathBuf,
    /// What it was when somebody last looked
    #[arg(long, default_value = "bench/baseline.json")]
    baseline: PathBuf,
    /// Keep what is found as the new baseline
    #[arg(long)]
    write: bool,
}

const PEOPLE: u32 = 1_000;
/// Requests of each kind.
const REQUESTS: u64 = 20;
/// Now and then a request meets something that has just run out and is read anew. A statement more for each request is
/// well above this.
const TOLERANCE: f64 = 0.5;
/// What follows a post is done in batches whose size is a matter of luck.
const BACKGROUND_TOLERANCE: f64 = 1.5;
const PATIENCE: Duration = Duration::from_secs(60);

/// By engine and name.
type Figures = BTreeMap<String, BTreeMap<String, f64>>;

pub async fn run(guard: &Guard) -> anyhow::Result<()> {
    let mut found = Figures::new();
    for engine in [Engine::Sqlite, Engine::Postgres { url: guard.postgres.clone(), redis: None }] {
        let community = crate::community::load(&guard.village, &guard.data, &engine, PEOPLE).await?;
        found.insert(engine.name().to_owned(), count(guard, &community).await?);
    }
    if guard.write {
        fs::write(&guard.baseline, serde_json::to_string_pretty(&found)? + "\n")?;
        println!("{} is written", guard.baseline.display());
        return Ok(());
    }
    let baseline = fs::read(&guard.baseline).with_context(|| format!("{} is missing", guard.baseline.display()))?;
    let (passed, failed) = compare(&found, &serde_json::from_slice(&baseline)?);
    println!("{passed} passed, {failed} failed");
    ensure!(
        failed == 0,
        "more work for the database than before; if it is worth it, write the baseline anew: \
         `cargo xtask bench --quick --write`"
    );
    Ok(())
}

fn compare(found: &Figures, baseline: &Figures) -> (usize, usize) {
    let (mut passed, mut failed) = (0, 0);
    for (engine, figures) in found {
        for (name, figure) in figures {
            let before = baseline.get(engine).and_then(|figures| figures.get(name)).copied();
            let is_background = name.ends_with(BACKGROUND);
            let most =
                before.map(|before| if is_background { before * BACKGROUND_TOLERANCE } else { before + TOLERANCE });
            let is_good = most.is_some_and(|most| *figure <= most);
            let verdict = if is_good { "passed" } else { "FAILED" };
            let before = before.map_or("nothing".to_owned(), |before| format!("{before:.2}"));
            println!("  {verdict}: {engine}, {name}: {figure:.2} statements, {before} before");
            if is_good { passed += 1 } else { failed += 1 }
        }
    }
    (passed, failed)
}

const BACKGROUND: &str = ", written in the background";

/// Requests of one kind, as (name, method, route, request of each number).
struct Kind<'a> {
    name: &'static str,
    route: (&'static str, &'static str),
    request: Box<dyn Fn(u64) -> Bytes + 'a>,
}

async fn count(guard: &Guard, community: &Loaded) -> anyhow::Result<BTreeMap<String, f64>> {
    let launch = without_limits(Launch::new(&guard.village))
        .env("VILLAGE_LOG_FORMAT", "json")
        // The spans of requests say whose statement it is.
        .env("VILLAGE_LOG_FILTER", "warn,village_http=info,sqlx::query=debug");
    let server = Server::start_with(community, launch).await?;
    let token = community.tokens.token(community.shape, community.shape.reader(3))?;
    let token = Some(token.as_str());
    let mut connection = Connection::open(server.process.address()).await?;
    // Whatever a process reads when somebody first signs in is no part of what follows.
    connection.exchange(&traffic::get("/auth/registration", token)).await?.expect_success()?;
    // So that there is a notification to list.
    let follower = community.tokens.token(community.shape, community.shape.reader(5))?;
    let follow = format!("{{\"user_id\":\"{}\"}}", person(community.shape.reader(3)));
    connection.exchange(&traffic::post("/users/follow", Some(&follower), &follow)).await?.expect_success()?;
    until_idle(&mut community.store().await?).await?;
    let mut found = BTreeMap::new();
    let feed = traffic::get("/feed?limit=20", token);
    let offset = server.process.log().len();
    connection.exchange(&feed).await?.expect_success()?;
    found.insert("feed, nothing in memory".to_owned(), statements(&server, offset, ("GET", "/feed")) as f64);
    let run = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis();
    let conversation = tables::conversation(community.shape, 3);
    let profile = |number: u64| traffic::get(&format!("/users/{}", person(number as u32)), token);
    let kinds = [
        Kind { name: "feed", route: ("GET", "/feed"), request: Box::new(|_| feed.clone()) },
        Kind { name: "profile", route: ("GET", "/users/{id}"), request: Box::new(profile) },
        Kind {
            name: "post",
            route: ("POST", "/posts"),
            request: Box::new(|number| traffic::post("/posts", token, &format!("{{\"body\":\"Number {number}\"}}"))),
        },
        Kind {
            name: "follow",
            route: ("POST", "/users/follow"),
            request: Box::new(|number| {
                let followee = person(500 + number as u32);
                traffic::post("/users/follow", token, &format!("{{\"user_id\":\"{followee}\"}}"))
            }),
        },
        Kind {
            name: "message",
            route: ("POST", "/conversations/{id}/messages"),
            request: Box::new(|number| {
                let body = format!("{{\"client_id\":\"{run}-{number}\",\"body\":\"Good morning\"}}");
                traffic::post(&format!("/conversations/{conversation}/messages"), token, &body)
            }),
        },
        Kind {
            name: "conversations",
            route: ("GET", "/conversations"),
            request: Box::new(|_| traffic::get("/conversations?limit=20", token)),
        },
        Kind {
            name: "notifications",
            route: ("GET", "/notifications"),
            request: Box::new(|_| traffic::get("/notifications?limit=20", token)),
        },
    ];
    for kind in kinds {
        let offset = server.process.log().len();
        for number in 0..REQUESTS {
            connection.exchange(&(kind.request)(number)).await?.expect_success()?;
        }
        let count = statements(&server, offset, kind.route);
        ensure!(count > 0, "no statement of `{}` was found in the log", kind.name);
        found.insert(kind.name.to_owned(), count as f64 / REQUESTS as f64);
    }
    found.insert(format!("post{BACKGROUND}"), in_background(&server, community).await?);
    Ok(found)
}

/// Statements of requests to `route` since the log was `offset` bytes long, without those that only begin and end
/// transactions: who of several shares one is luck.
fn statements(server: &Server, offset: usize, (method, route): (&str, &str)) -> usize {
    logged(server, offset).filter(|line| line["method"] == method && line["route"] == route).count()
}

fn logged(server: &Server, offset: usize) -> impl Iterator<Item = Value> {
    let log = server.process.log();
    let lines: Vec<Value> = log[offset..].lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    lines.into_iter().filter(|line| {
        let summary = line["summary"].as_str().unwrap_or_default().to_ascii_lowercase();
        let frames = ["begin", "commit", "rollback", "savepoint", "release"];
        // A savepoint with something in it is sent as one text, of which the summary shows the first words.
        let is_more = line["db.statement"].as_str().is_some_and(|whole| !whole.trim().is_empty());
        line["target"] == "sqlx::query" && (is_more || !frames.iter().any(|frame| summary.starts_with(frame)))
    })
}

/// What is written for a post after it was answered, until nothing waits any more. Reads are left out: there are some
/// every second, whether or not there is something to do.
async fn in_background(server: &Server, community: &Loaded) -> anyhow::Result<f64> {
    let mut store = community.store().await?;
    until_idle(&mut store).await?;
    let tokens: Vec<String> = crate::measures::reader_tokens(community)?.into_iter().take(50).collect();
    let offset = server.process.log().len();
    traffic::closed(server.process.address(), 1, Until::Count(tokens.len() as u64), &posts(&tokens)).await?;
    until_idle(&mut store).await?;
    let writes = logged(server, offset).filter(|line| {
        let summary = line["summary"].as_str().unwrap_or_default().to_ascii_lowercase();
        let is_write = ["insert", "update", "delete", "with"].iter().any(|word| summary.starts_with(word));
        is_write && line.get("route").is_none()
    });
    Ok(writes.count() as f64 / tokens.len() as f64)
}

async fn until_idle(store: &mut Store) -> anyhow::Result<()> {
    let started = Instant::now();
    while depth(store).await? > 0 {
        ensure!(started.elapsed() < PATIENCE, "subscribers are still at work");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(feed: f64, background: f64) -> Figures {
        let figures = BTreeMap::from([("feed".to_owned(), feed), (format!("post{BACKGROUND}"), background)]);
        BTreeMap::from([("SQLite".to_owned(), figures)])
    }

    #[test]
    fn one_statement_more_is_noticed_and_what_is_new_too() {
        let baseline = figures(3.0, 10.0);
        assert_eq!(compare(&figures(3.0, 14.0), &baseline), (2, 0));
        assert_eq!(compare(&figures(3.05, 9.0), &baseline), (2, 0));
        assert_eq!(compare(&figures(4.0, 9.0), &baseline), (1, 1));
        assert_eq!(compare(&figures(2.0, 16.0), &baseline), (1, 1));
        assert_eq!(compare(&figures(3.0, 10.0), &Figures::new()), (0, 2));
    }
}
