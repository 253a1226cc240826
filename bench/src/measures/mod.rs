//! One file for each measure.

mod direct;
mod fan_out;
mod feed;
mod growth;
mod idle;
mod merge;
pub mod pictures;
mod pressure;
pub mod profile;
pub mod publish;
pub mod relay;
mod room;
mod signed_in;
mod start;

use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use village_testkit::RedisServer;

use crate::community::Loaded;
use crate::options::{Measure, Options};
use crate::report::Report;
use crate::server::Engine;
use crate::traffic::{self, Requests};

/// Connections of a load that is not about how many there are.
pub const CONNECTIONS: usize = 16;

/// The community on each engine, and on PostgreSQL also where that one has none of ours to compare with.
pub struct World {
    pub communities: Vec<Loaded>,
    /// Tokens of the readers, in the order of [`crate::community::Shape::reader`].
    pub tokens: Vec<Vec<String>>,
}

pub async fn run(mut options: Options) -> anyhow::Result<()> {
    let mut report = Report::open(&options.out, "cargo xtask bench")?;
    let mut redis = None;
    if options.postgres.is_some() && options.redis.is_none() {
        options.redis = Some(redis.insert(RedisServer::start().await).url());
    }
    let outcome = measure_all(&options, &mut report).await;
    // What was measured before something failed is not lost.
    report.write(&options.out)?;
    outcome
}

async fn measure_all(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    use Measure::{
        Direct, FanOut, Feed, Growth, Idle, Merge, Pictures, Pressure, Profile, Publish, Room, SignedIn, Start,
    };
    let on_a_community = [Feed, Profile, Publish, FanOut, Merge, SignedIn, Pressure, Start];
    if on_a_community.iter().any(|measure| options.wants(*measure)) {
        let world = World::load(options).await?;
        for measure in on_a_community.into_iter().filter(|measure| options.wants(*measure)) {
            report.renew(measure);
            match measure {
                Feed => feed::measure(options, &world, report).await?,
                Profile => profile::measure(options, &world, report).await?,
                Publish => publish::measure(options, &world, report).await?,
                FanOut => fan_out::measure(options, &world, report).await?,
                Merge => merge::measure(options, &world, report).await?,
                SignedIn => signed_in::measure(options, &world, report).await?,
                Pressure => pressure::measure(options, &world, report).await?,
                _ => start::measure(options, &world, report).await?,
            }
        }
    }
    for measure in [Pictures, Growth, Direct, Room, Idle].into_iter().filter(|measure| options.wants(*measure)) {
        report.renew(measure);
        match measure {
            Pictures => pictures::measure(options, report).await?,
            Growth => growth::measure(options, report).await?,
            Direct => {
                for engine in options.engines() {
                    direct::measure(options, &engine, report).await?;
                }
            }
            Room => {
                for engine in options.engines() {
                    room::measure(options, &engine, report).await?;
                }
            }
            _ => idle::measure(options, report).await?,
        }
    }
    Ok(())
}

impl World {
    async fn load(options: &Options) -> anyhow::Result<Self> {
        println!("The community");
        let mut world = Self { communities: Vec::new(), tokens: Vec::new() };
        for engine in options.engines() {
            let community = crate::community::load(&options.village, &options.data, &engine, options.people).await?;
            world.tokens.push(reader_tokens(&community)?);
            world.communities.push(community);
        }
        Ok(world)
    }

    /// The communities with the tokens of their readers.
    pub fn each(&self) -> impl Iterator<Item = (&Loaded, &[String])> {
        self.communities.iter().zip(self.tokens.iter().map(Vec::as_slice))
    }

    /// That on PostgreSQL, which is where the other side of some measures is.
    pub fn postgres(&self) -> Option<&Loaded> {
        self.communities.iter().find(|community| matches!(community.engine, Engine::Postgres { .. }))
    }
}

pub fn reader_tokens(community: &Loaded) -> anyhow::Result<Vec<String>> {
    let shape = community.shape;
    (0..shape.readers()).map(|position| community.tokens.token(shape, shape.reader(position))).collect()
}

/// A fixed list of requests, one after the other and again from the start.
pub fn cycle(requests: Vec<Bytes>) -> anyhow::Result<Requests> {
    let count = u64::try_from(requests.len())?;
    anyhow::ensure!(count > 0, "there is nothing to ask");
    Ok(Arc::new(move |number| requests[(number % count) as usize].clone()))
}

/// The address as the load generator wants it.
pub async fn body_size(address: &str, request: &Bytes) -> anyhow::Result<usize> {
    let mut connection = traffic::Connection::open(address).await.context("the server listens")?;
    let answer = connection.exchange(request).await?;
    answer.expect_success()?;
    Ok(answer.body.len())
}
