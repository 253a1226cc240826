//! The processes under test, each behind its own proxies and with its own clock.

use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::sync::Mutex;
use village_testkit::{FaultProxy, Fresh, Launch, VillageProcess, free_port};

use crate::faults::Strike;
use crate::history::{Event, Fault, Phase};
use crate::plan::Plan;
use crate::recorder::Recorder;

pub struct Nodes {
    nodes: Vec<Node>,
    _folder: TempDir,
}

struct Node {
    base: String,
    process: Mutex<VillageProcess>,
    database: Option<Mutex<FaultProxy>>,
    redis: Option<Mutex<FaultProxy>>,
}

impl Nodes {
    /// Starts them all on the database of `fresh`.
    pub async fn start(plan: &Plan, fresh: &Fresh, redis_url: Option<&str>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut starting = Vec::new();
        for offset_ms in plan.clock_offsets_ms() {
            let database =
                if fresh.url.starts_with("postgres") { Some(FaultProxy::before(&fresh.url).await) } else { None };
            let redis = match redis_url {
                Some(url) => Some(FaultProxy::before(url).await),
                None => None,
            };
            let database_url = database.as_ref().map_or_else(|| fresh.url.clone(), |proxy| proxy.url(&fresh.url));
            let address = format!("127.0.0.1:{}", free_port());
            let mut launch = Launch::new(&plan.binary)
                .env("VILLAGE_LISTEN", &address)
                .env("VILLAGE_DATABASE_URL", database_url)
                .env("VILLAGE_MASTER_KEY", "5e".repeat(32))
                .env("VILLAGE_PUBLIC_URL", "http://127.0.0.1:8080")
                .env("VILLAGE_REGISTRATION", "open")
                .env("VILLAGE_BLOBS_DIR", folder.path().join("blobs").display())
                .env("VILLAGE_CLOCK_OFFSET_MS", offset_ms)
                .env("VILLAGE_MESSAGING_HEARTBEAT_SECONDS", plan.heartbeat_seconds)
                .env("VILLAGE_DRAIN_SECONDS", 2)
                .env("VILLAGE_LOG_FILTER", "warn")
                .env("VILLAGE_PASSWORD_HASH_MEMORY_KIB", 8)
                // All clients come from one address.
                .env("VILLAGE_MAX_CONNECTIONS_PER_ADDRESS", 1_000_000);
            for limit in ["READS", "WRITES", "ANONYMOUS", "LOGINS"] {
                launch = launch.env(&format!("VILLAGE_LIMITS_{limit}_PER_MINUTE"), 1_000_000);
            }
            if let Some((proxy, url)) = redis.as_ref().zip(redis_url) {
                launch = launch.env("VILLAGE_REDIS_URL", proxy.url(url));
            }
            if let Some(sabotage) = &plan.sabotage {
                launch = launch.env("VILLAGE_SABOTAGE", sabotage);
            }
            starting.push(async move {
                let process = launch.start().await;
                Node {
                    base: process.base(),
                    process: Mutex::new(process),
                    database: database.map(Mutex::new),
                    redis: redis.map(Mutex::new),
                }
            });
        }
        Ok(Self { nodes: futures::future::join_all(starting).await, _folder: folder })
    }

    pub fn bases(&self) -> Vec<String> {
        self.nodes.iter().map(|node| node.base.clone()).collect()
    }

    /// Does it, and undoes it when its time is over.
    pub async fn strike(&self, strike: &Strike, recorder: &Recorder) -> anyhow::Result<()> {
        let Strike { fault, node: number, lasts, variant, .. } = *strike;
        let node = &self.nodes[number];
        let note = |phase| recorder.record(Event::Fault { fault, node: number, phase });
        match fault {
            Fault::Kill => {
                let mut process = node.process.lock().await;
                note(Phase::Begin);
                process.kill();
                tokio::time::sleep(lasts).await;
                bring_back(&mut process).await?;
            }
            Fault::Drain => {
                let mut process = node.process.lock().await;
                note(Phase::Begin);
                process.ask_to_stop();
                process.stopped().await;
                tokio::time::sleep(lasts).await;
                bring_back(&mut process).await?;
            }
            Fault::CutDatabase | Fault::CutRedis => {
                let proxy = if fault == Fault::CutDatabase { &node.database } else { &node.redis };
                let Some(proxy) = proxy else { return Ok(()) };
                let mut proxy = proxy.lock().await;
                note(Phase::Begin);
                if variant {
                    proxy.cut_once().await;
                } else {
                    proxy.cut().await;
                    tokio::time::sleep(lasts).await;
                    proxy.resume().await;
                }
            }
            Fault::StallDatabase | Fault::StallRedis => {
                let proxy = if fault == Fault::StallDatabase { &node.database } else { &node.redis };
                let Some(proxy) = proxy else { return Ok(()) };
                let mut proxy = proxy.lock().await;
                note(Phase::Begin);
                // Not even asked, or done and no word of it.
                if variant {
                    proxy.stall()
                } else {
                    proxy.stall_answers()
                }
                tokio::time::sleep(lasts).await;
                if lasts.as_millis() % 2 == 0 {
                    proxy.cut().await;
                }
                proxy.resume().await;
            }
        }
        note(Phase::End);
        Ok(())
    }

    /// What the nodes logged, for whoever looks into a violation.
    pub async fn logs(&self) -> Vec<String> {
        let mut logs = Vec::new();
        for node in &self.nodes {
            logs.push(node.process.lock().await.log());
        }
        logs
    }
}

/// Without its database a process ends at the start; a service manager would start it again and again.
async fn bring_back(process: &mut VillageProcess) -> anyhow::Result<()> {
    let mut last = String::new();
    for _ in 0..60 {
        match process.try_restart().await {
            Ok(()) => return Ok(()),
            Err(problem) => last = problem,
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Err(anyhow::anyhow!(last)).context("a node did not come back")
}
