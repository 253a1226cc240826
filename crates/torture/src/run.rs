//! A run from its beginning to its verdict.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio::time::Instant;
use village_testkit::{Fresh, RedisServer, fresh_postgres, fresh_sqlite};

use crate::audit::Audit;
use crate::checker::{Checker, Violation};
use crate::client::Client;
use crate::faults::schedule;
use crate::history::Event;
use crate::nodes::Nodes;
use crate::plan::{Engine, Plan};
use crate::recorder::Recorder;
use crate::report::Report;
use crate::world::{Stage, World};

const PROGRESS: Duration = Duration::from_secs(10);

/// Does what the plan says and judges it.
pub async fn run(plan: Plan) -> anyhow::Result<Report> {
    let recorder = Recorder::create(&plan.history)?;
    recorder.record(Event::Run {
        seed: plan.seed,
        engine: plan.engine.name().to_owned(),
        nodes: plan.nodes,
        redis: plan.redis,
        sabotage: plan.sabotage.clone(),
    });
    let fresh = match plan.engine {
        Engine::Sqlite => fresh_sqlite().await,
        Engine::Postgres => fresh_postgres().await,
    };
    let outcome = on(plan, recorder, &fresh).await;
    fresh.discard().await;
    outcome
}

async fn on(plan: Plan, recorder: Recorder, fresh: &Fresh) -> anyhow::Result<Report> {
    let audit = Audit::install(&fresh.url).await.context("the triggers cannot be installed")?;
    let redis = if plan.redis { Some(RedisServer::start().await) } else { None };
    let nodes = Arc::new(Nodes::start(&plan, fresh, redis.as_ref().map(RedisServer::url).as_deref()).await?);
    for (node, clock_offset_ms) in plan.clock_offsets_ms().into_iter().enumerate() {
        recorder.record(Event::Node { node, clock_offset_ms });
    }
    let world = World::make(plan, recorder, nodes.bases()).await?;

    let mut people = BTreeMap::new();
    let mut clients = JoinSet::new();
    for person in &world.people {
        for _ in 0..world.plan.crowd.devices {
            let number = people.len() as u32;
            people.insert(number, person.id.clone());
            clients.spawn(Client::new(number, person.clone(), world.clone()).run());
        }
    }
    let worked = work(&world, &nodes).await?;
    world.stage.send_replace(Stage::Rest);
    let is_decided = world.plan.stop_early && world.recorder.ask(Checker::total) > 0;
    if !is_decided {
        converge(&world, &audit, &people).await?;
    }
    world.recorder.record(Event::Settled);
    world.stage.send_replace(Stage::Over);
    while let Some(ended) = clients.join_next().await {
        ended.context("a client failed")?;
    }
    audit.record(&world.recorder).await.context("the database cannot be read")?;
    audit.close().await;
    let logs = nodes.logs().await;
    drop(nodes);
    let world = Arc::into_inner(world).context("somebody is still at work")?;
    let World { plan, recorder, .. } = world;
    let (checker, violations) = verdict(recorder)?;
    Ok(Report { plan, checker, violations, worked, logs })
}

fn verdict(recorder: Recorder) -> anyhow::Result<(Checker, Vec<Violation>)> {
    let mut checker = recorder.close()?;
    let violations = checker.verdict();
    Ok((checker, violations))
}

/// Clients are at work; here is what happens to the nodes meanwhile. Returns how long it took.
async fn work(world: &Arc<World>, nodes: &Arc<Nodes>) -> anyhow::Result<Duration> {
    let plan = &world.plan;
    let started = Instant::now();
    let end = started + plan.length;
    let mut strikes = JoinSet::new();
    let mut coming = schedule(plan).into_iter().peekable();
    let mut progress = started + PROGRESS;
    while Instant::now() < end {
        if plan.stop_early && world.recorder.ask(Checker::total) > 0 {
            break;
        }
        while let Some(strike) = coming.next_if(|strike| started + strike.at <= Instant::now()) {
            let (nodes, world) = (nodes.clone(), world.clone());
            strikes.spawn(async move { nodes.strike(&strike, &world.recorder).await });
        }
        while let Some(struck) = strikes.try_join_next() {
            struck.context("a fault could not be made")??;
        }
        if plan.talkative && Instant::now() >= progress {
            progress += PROGRESS;
            let line = world.recorder.ask(|checker| {
                let (sends, violations) = (checker.counts.acknowledged_sends, checker.total());
                let (resumes, judged) = (checker.counts.resumes, checker.counts.timely.messages);
                format!("{sends} messages acknowledged, {judged} judged by their time, {resumes} resumes, {violations} violations")
            });
            println!("{:>4} s: {line}", started.elapsed().as_secs());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let worked = started.elapsed();
    while let Some(struck) = strikes.join_next().await {
        struck.context("a fault could not be made")??;
    }
    Ok(worked)
}

/// Waits until every client has what its person may see, and every event has been handed to its subscriber; by then three
/// heartbeats have told of what is missing. Who has it not is judged by the final views.
async fn converge(world: &World, audit: &Audit, people: &BTreeMap<u32, String>) -> anyhow::Result<()> {
    // Nothing is under way any more when the database has stood still for as long as an answer may take.
    let patience = Duration::from_secs(world.plan.heartbeat_seconds * 3 + 12);
    let deadline = Instant::now() + patience;
    let mut calm_since = Instant::now();
    let (mut ends, mut untouched) = (audit.ends().await?, audit.untouched_events().await?);
    let mut handed_out_at = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let now = audit.ends().await?;
        if now != ends {
            ends = now;
            calm_since = Instant::now();
        }
        let waiting = audit.untouched_events().await?;
        if waiting < untouched {
            handed_out_at = Instant::now();
        }
        untouched = waiting;
        let behind = world.behind(people, &ends);
        let is_calm = calm_since.elapsed() > Duration::from_millis(1_500);
        let has_settled = (behind.is_empty() && is_calm) || Instant::now() > deadline;
        // A queue may be long, as long as it is worked off.
        if has_settled && (untouched == 0 || handed_out_at.elapsed() > patience) {
            for one in behind.iter().take(5).filter(|_| world.plan.talkative) {
                println!("still behind: {one}");
            }
            return Ok(());
        }
    }
}
