//! From start to ready, empty and with a community; and what one process needs when nobody uses it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::ensure;
use village_testkit::free_port;

use crate::community::Loaded;
use crate::measures::World;
use crate::options::Options;
use crate::report::{Goal, Report, Row};
use crate::statistics::median;
use crate::traffic::{self, Connection};
use crate::{process, tokens};

const PATIENCE: Duration = Duration::from_secs(60);
/// How long a process is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(5);

pub async fn measure(options: &Options, world: &World, report: &mut Report) -> anyhow::Result<()> {
    println!("Start and idle memory");
    let (mut empty, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        let folder = tempfile::tempdir()?;
        let (mut server, ready_ms) = start(&options.village, folder.path(), None).await?;
        empty.push(ready_ms);
        tokio::time::sleep(IDLE).await;
        let (_, resident_kib) = process::resident_kib(server.id())?;
        idle.push((resident_kib / 1_024.0, process::anonymous_kib(server.id())? / 1_024.0));
        end(&mut server)?;
    }
    add_start(report, "empty, which is the first start: keys and schema are made (SQLite)", median(empty));
    let resident = median(idle.iter().map(|(resident, _)| *resident).collect());
    let anonymous = median(idle.iter().map(|(_, anonymous)| *anonymous).collect());
    report.add(Row {
        number: 14,
        measure: "memory of one idle process with all services (SQLite)".to_owned(),
        ours: format!("{resident:.1} MB in RAM ({anonymous:.1} MB of its own, the rest is the program's file)"),
        theirs: "–".to_owned(),
        value: resident,
        goal: Some(Goal::AtMost(60.0)),
        headline: Some("memory when idle, MB".to_owned()),
        revision: String::new(),
    });
    for community in &world.communities {
        let mut full = Vec::new();
        for _ in 0..options.rounds {
            let (mut server, ready_ms) = start(&options.village, &community.data, community.url.as_deref()).await?;
            full.push(ready_ms);
            end(&mut server)?;
        }
        let size = size(community).await? / 1e9;
        let name = format!("with {size:.1} GB of data ({})", community.engine.name());
        add_start(report, &name, median(full));
    }
    Ok(())
}

fn add_start(report: &mut Report, what: &str, ready_ms: f64) {
    report.add(Row {
        number: 14,
        measure: format!("milliseconds from start to ready, {what}"),
        ours: format!("{ready_ms:.0} ms"),
        theirs: "–".to_owned(),
        value: ready_ms,
        goal: Some(Goal::AtMost(300.0)),
        headline: what.starts_with("with").then(|| format!("milliseconds from start to ready, {what}")),
        revision: String::new(),
    });
}

/// Started as an operator would, and asked until it says that it is ready.
async fn start(village: &Path, data: &Path, url: Option<&str>) -> anyhow::Result<(Child, f64)> {
    let listen = format!("127.0.0.1:{}", free_port());
    let mut command = Command::new(village);
    command.arg("serve").env("VILLAGE_DATA_DIR", data).env("VILLAGE_LISTEN", &listen);
    command.env("VILLAGE_ADMIN_LISTEN", format!("127.0.0.1:{}", free_port()));
    command.env("VILLAGE_PUBLIC_URL", tokens::ISSUER).env("VILLAGE_LOG_FILTER", "warn");
    if let Some(url) = url {
        command.env("VILLAGE_DATABASE_URL", url);
    }
    let started = Instant::now();
    let mut server = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let ready = traffic::get("/readyz", None);
    while started.elapsed() < PATIENCE {
        if let Ok(mut connection) = Connection::open(&listen).await
            && connection.exchange(&ready).await.is_ok_and(|answer| answer.status == 200)
        {
            return Ok((server, started.elapsed().as_secs_f64() * 1_000.0));
        }
        if let Some(status) = server.try_wait()? {
            anyhow::bail!("the server ended ({status}) before it was ready");
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.kill()?;
    anyhow::bail!("the server was not ready within {} s", PATIENCE.as_secs())
}

fn end(server: &mut Child) -> anyhow::Result<()> {
    server.kill()?;
    ensure!(server.wait()?.code().is_none(), "the server had ended by itself");
    Ok(())
}

/// Bytes of the whole database.
async fn size(community: &Loaded) -> anyhow::Result<f64> {
    Ok(match &community.url {
        Some(_) => community.store().await?.number("select pg_database_size(current_database())").await? as f64,
        None => std::fs::metadata(community.data.join("village.db"))?.len() as f64,
    })
}
