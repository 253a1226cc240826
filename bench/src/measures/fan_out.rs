//! Into how many timelines a second a post is written, against one statement that writes the same rows.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::json;
use uuid::Uuid;

use crate::community::Loaded;
use crate::community::ids::person;
use crate::community::network::Network;
use crate::community::store::{Store, Value};
use crate::measures::World;
use crate::options::Options;
use crate::report::{Goal, Report, Row};
use crate::sample::{Figures, Sample, Side, grouped};
use crate::server::Server;
use crate::traffic::{self, Connection, Load};

/// Authors who write at once, those with the most followers below the limit.
const AUTHORS: usize = 20;
/// Rows of one round, at least: each author writes as many posts as that takes, so that how soon the workers wake is no
/// part of how fast they write.
const ROWS: u64 = 150_000;
const SUBSCRIBER: &str = "posts.fan_out";
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Clone)]
struct Author {
    id: Uuid,
    token: String,
    followers: u64,
    /// Somebody whom they do not follow.
    stranger: Uuid,
}

pub async fn measure(options: &Options, world: &World, report: &mut Report) -> anyhow::Result<()> {
    for community in &world.communities {
        let engine = community.engine.name();
        let authors = authors(community, community.shape.large_audience, AUTHORS)?;
        let posts_each = ROWS.div_ceil(rows(&authors)) as usize;
        let authors: Vec<Author> = std::iter::repeat_n(authors, posts_each).flatten().collect();
        let (posts, entries) = (authors.len(), rows(&authors));
        println!("Fan-out, {engine}: {} rounds of {posts} posts to {entries} people", options.rounds);
        let (ours, theirs) = alternate(options, community, &authors).await?;
        report.add(Row {
            number: 4,
            measure: format!("timeline entries a second, written by the fan-out worker ({engine})"),
            ours: rows_a_second(&ours),
            theirs: format!("{}; one `insert … select` for each post", rows_a_second(&theirs)),
            value: ours.per_second / theirs.per_second,
            goal: Some(Goal::AtLeast(0.8)),
            headline: Some(format!("fan-out, {engine}, against `insert … select`")),
            revision: String::new(),
        });
    }
    Ok(())
}

fn rows_a_second(figures: &Figures) -> String {
    format!("{}/s ({} a CPU-second)", grouped(figures.per_second), grouped(figures.per_cpu))
}

/// The `count` people with the most followers, but not more than `most`.
fn authors(community: &Loaded, most: u32, count: usize) -> anyhow::Result<Vec<Author>> {
    let shape = community.shape;
    let network = Network::of(shape);
    let ranks = (0..shape.people).map(|rank| network.by_rank.of(rank));
    let mut found: Vec<(u32, u32)> = ranks
        .map(|number| (network.followers.get(number).len() as u32, number))
        .filter(|(followers, _)| *followers <= most)
        .collect();
    found.sort_unstable_by(|one, other| other.cmp(one));
    found.truncate(count);
    found
        .into_iter()
        .map(|(followers, number)| {
            let token = community.tokens.token(shape, number)?;
            let follows = network.following.get(number);
            let stranger = (0..shape.people).find(|other| *other != number && !follows.contains(other));
            let stranger = person(stranger.context("everybody is followed")?);
            Ok(Author { id: person(number), token, followers: followers.into(), stranger })
        })
        .collect()
}

/// Requests by which the `count` people with the most followers up to `most` write a post each.
pub fn popular_posts(community: &Loaded, most: u32, count: usize) -> anyhow::Result<Vec<bytes::Bytes>> {
    Ok(authors(community, most, count)?.iter().map(Author::post).collect())
}

impl Author {
    fn post(&self) -> bytes::Bytes {
        traffic::post("/posts", Some(&self.token), r#"{"body":"She slept through the night, and so did we."}"#)
    }
}

async fn alternate(options: &Options, community: &Loaded, authors: &[Author]) -> anyhow::Result<(Figures, Figures)> {
    let server = Server::start(&options.village, community).await?;
    let mut store = community.store().await?;
    let (mut ours, mut theirs) = (Side::default(), Side::default());
    for round in 0..=options.rounds {
        let our = by_worker(&server, &mut store, authors).await?;
        let their = by_statement(&server, &mut store, authors).await?;
        if round > 0 {
            ours.add(our);
            theirs.add(their);
        }
    }
    Ok((ours.figures(), theirs.figures()))
}

/// The posts and their events come into the tables without the server, and for this subscriber only: what others do
/// with a post is no part of this.
async fn by_worker(server: &Server, store: &mut Store, authors: &[Author]) -> anyhow::Result<Sample> {
    let posts: Vec<Uuid> = authors.iter().map(|_| Uuid::now_v7()).collect();
    let now = micros()?;
    let written = authors.iter().zip(&posts).map(|(author, post)| {
        [Value::Id(*post), Value::Id(author.id), Value::Text("Good morning".to_owned()), Value::Time(now)]
    });
    store.insert("posts_posts", "post_id, author_id, body, created_at", written).await?;
    let events = authors.iter().zip(&posts).map(|(author, post)| {
        let id = Uuid::now_v7();
        let event = json!({
            "specversion": "1.0", "id": id, "source": "/village/posts", "type": "posts.post_published.v1",
            "subject": post, "time": "2026-01-01T00:00:00Z", "datacontenttype": "application/json",
            "data": { "post_id": post, "author_id": author.id, "channel_id": null },
        });
        [Value::Text(SUBSCRIBER.to_owned()), Value::Id(id), Value::Text(event.to_string()), Value::Time(now)]
    });
    let (before, started) = (server.usage()?, Instant::now());
    store.insert("bus_queue", "subscriber, event_id, event, available_at", events).await?;
    // Any event wakes the workers.
    let mut connection = Connection::open(server.process.address()).await?;
    let Author { token, stranger, .. } = &authors[0];
    let follow = traffic::post("/users/follow", Some(token), &format!("{{\"user_id\":\"{stranger}\"}}"));
    let unfollow =
        format!("DELETE /users/{stranger}/follow HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    connection.exchange(&follow).await?.expect_success()?;
    connection.exchange(unfollow.as_bytes()).await?.expect_success()?;
    let waiting = format!("select count(*) from bus_queue where subscriber = '{SUBSCRIBER}'");
    while store.number(&waiting).await? > 0 {
        ensure!(started.elapsed() < PATIENCE, "the fan-out is still at work");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let load =
        Load { requests: rows(authors), wall_seconds: started.elapsed().as_secs_f64(), latencies_ms: Vec::new() };
    let sample = Sample::since(server, before, load)?;
    forget(store, authors, &posts).await?;
    Ok(sample)
}

fn micros() -> anyhow::Result<i64> {
    Ok(i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_micros())?)
}

fn rows(authors: &[Author]) -> u64 {
    authors.iter().map(|author| author.followers).sum()
}

async fn by_statement(server: &Server, store: &mut Store, authors: &[Author]) -> anyhow::Result<Sample> {
    let posts: Vec<Uuid> = authors.iter().map(|_| Uuid::now_v7()).collect();
    let (before, started) = (server.usage()?, Instant::now());
    let own_before = crate::process::cpu_seconds(std::process::id())?;
    let mut written = 0;
    for (author, post) in authors.iter().zip(&posts) {
        written += store
            .write(
                "insert into posts_timelines (user_id, post_id)
                 select follower_id, $2 from users_followers where user_id = $1",
                &[author.id, *post],
            )
            .await?;
    }
    ensure!(written == rows(authors), "{written} rows instead of {}", rows(authors));
    let load = Load { requests: written, wall_seconds: started.elapsed().as_secs_f64(), latencies_ms: Vec::new() };
    let mut sample = Sample::since(server, before, load)?;
    sample.server_cpu = match store {
        // Here we are the database.
        Store::Sqlite(_) => crate::process::cpu_seconds(std::process::id())? - own_before,
        Store::Postgres(_) => 0.0,
    };
    forget(store, authors, &posts).await?;
    Ok(sample)
}

/// Takes the rows out again, so that the next round writes the same.
async fn forget(store: &mut Store, authors: &[Author], posts: &[Uuid]) -> anyhow::Result<()> {
    for (author, post) in authors.iter().zip(posts) {
        let sql = "delete from posts_timelines
                   where post_id = $2 and user_id in (select follower_id from users_followers where user_id = $1)";
        store.write(sql, &[author.id, *post]).await?;
        store.write("delete from posts_posts where post_id = $1", &[*post]).await?;
    }
    Ok(())
}
