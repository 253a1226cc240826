//! Messages between two: stored, acknowledged and delivered, per second of the server's processor.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use village_testkit::VillageProcess;

use crate::options::Options;
use crate::report::{Goal, Report, Row};
use crate::server::{self, Engine};
use crate::statistics::{median, percentile};
use crate::wire::{self, Receiver, Sender};
use crate::{people, process};

/// Pairs that talk at once.
const PAIRS: usize = 128;
/// Messages a CPU-second that Nakama reached on this kind of machine, stored and delivered.
const NAKAMA: f64 = 5_100.0;

struct Pair {
    conversation: String,
    sender: Sender,
    answers: Receiver,
    receiver: Receiver,
}

/// What one round came to.
struct Round {
    messages: u64,
    cpu_seconds: f64,
    wall_seconds: f64,
    latencies_ms: Vec<f64>,
}

pub async fn measure(options: &Options, on: &Engine, report: &mut Report) -> anyhow::Result<()> {
    let engine = on.name();
    println!("Messages between two, {engine}: {PAIRS} pairs, {} rounds of {} s", options.rounds, options.seconds);
    let database = Database::create(on.server_url())?;
    let village = server::empty(options, on, database.url.as_deref()).await?;
    let mut pairs = connect(&village).await?;
    let (mut per_cpu, mut per_wall) = (Vec::new(), Vec::new());
    let length = Duration::from_secs(options.seconds);
    // The first is the warm-up.
    for round in 0..=options.rounds {
        let (back, outcome) = run(pairs, &village, length, None).await?;
        pairs = back;
        let rate = outcome.messages as f64 / outcome.wall_seconds;
        println!("  {} messages, {rate:.0}/s, {:.0} a CPU-second", outcome.messages, outcome.per_cpu_second());
        if round > 0 {
            per_cpu.push(outcome.per_cpu_second());
            per_wall.push(rate);
        }
    }
    let (per_cpu, rate) = (median(per_cpu), median(per_wall));
    report.add(Row {
        number: 7,
        measure: format!(
            "one-to-one messages per CPU-second of the server, stored, acknowledged, delivered ({engine})"
        ),
        ours: format!("{per_cpu:.0} ({rate:.0}/s)"),
        theirs: format!("{NAKAMA:.0} (Nakama, as measured on this kind of machine before)"),
        value: per_cpu / NAKAMA,
        goal: Some(Goal::AtLeast(3.0)),
        headline: Some(format!("messages a CPU-second, {engine}, against Nakama")),
        revision: String::new(),
    });

    let gap = Duration::from_secs_f64(PAIRS as f64 / (rate / 2.0));
    let (_, mut half) = run(pairs, &village, length * 2, Some(gap)).await?;
    let (p50, p99) = (percentile(&mut half.latencies_ms, 0.5), percentile(&mut half.latencies_ms, 0.99));
    println!("  at half load ({:.0}/s): p50 {p50:.1} ms, p99 {p99:.1} ms", half.messages as f64 / half.wall_seconds);
    report.note(
        7,
        format!(
            "Delivery at half load, {engine}: {:.0} messages/s, from sending to the receiver's socket p50 {p50:.1} ms, \
         p99 {p99:.1} ms ({} messages; client on the same machine).",
            half.messages as f64 / half.wall_seconds,
            half.latencies_ms.len()
        ),
    );
    Ok(())
}

impl Round {
    fn per_cpu_second(&self) -> f64 {
        self.messages as f64 / self.cpu_seconds
    }
}

async fn connect(village: &VillageProcess) -> anyhow::Result<Vec<Pair>> {
    let base = village.base();
    let everybody = people::sign_up(&base, "pair", 2 * PAIRS).await?;
    let mut pairs = Vec::with_capacity(PAIRS);
    for two in everybody.chunks(2) {
        let [one, other] = two else { continue };
        let conversation = people::converse(one, other).await?;
        let (sender, answers) = wire::open(&base, &one.token).await?;
        let (_, receiver) = wire::open(&base, &other.token).await?;
        pairs.push(Pair { conversation, sender, answers, receiver });
    }
    Ok(pairs)
}

/// Lets all pairs talk: each as fast as it can, or one message every `gap`.
async fn run(
    pairs: Vec<Pair>,
    village: &VillageProcess,
    length: Duration,
    gap: Option<Duration>,
) -> anyhow::Result<(Vec<Pair>, Round)> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let pid = village.pid().context("the server runs")?;
    let over = Arc::new(AtomicBool::new(false));
    let (cpu_before, started) = (process::cpu_seconds(pid)?, Instant::now());
    let count = pairs.len() as u32;
    let talks: Vec<_> = pairs
        .into_iter()
        .enumerate()
        .map(|(position, mut pair)| {
            let over = over.clone();
            tokio::spawn(async move {
                let mut latencies_ms = Vec::new();
                // Spread, so that they do not all send in the same moment.
                let mut due =
                    tokio::time::Instant::now() + gap.map_or(Duration::ZERO, |gap| gap * position as u32 / count);
                while !over.load(Ordering::Relaxed) {
                    if let Some(gap) = gap {
                        tokio::time::sleep_until(due).await;
                        due += gap;
                    }
                    // Of a message that had to wait for the one before, the wait counts.
                    let sent_at = gap.map_or_else(Instant::now, |gap| (due - gap).into_std());
                    pair.say(NEXT.fetch_add(1, Ordering::Relaxed)).await?;
                    latencies_ms.push(sent_at.elapsed().as_secs_f64() * 1_000.0);
                }
                anyhow::Ok((pair, latencies_ms))
            })
        })
        .collect();
    tokio::time::sleep(length).await;
    over.store(true, Ordering::Relaxed);
    let (mut pairs, mut latencies_ms) = (Vec::new(), Vec::new());
    for talk in talks {
        let (pair, mut latencies) = talk.await??;
        pairs.push(pair);
        latencies_ms.append(&mut latencies);
    }
    let round = Round {
        messages: latencies_ms.len() as u64,
        cpu_seconds: process::cpu_seconds(pid)? - cpu_before,
        wall_seconds: started.elapsed().as_secs_f64(),
        latencies_ms,
    };
    Ok((pairs, round))
}

impl Pair {
    /// Sends, and waits until the sender has the answer and the receiver the text.
    async fn say(&mut self, number: u64) -> anyhow::Result<()> {
        let body = wire::body(number);
        self.sender.send_text(&self.conversation, number, &body).await?;
        let (answered, delivered) = tokio::join!(
            async {
                loop {
                    let text = self.answers.next().await?;
                    match wire::read(&text)?.r#type {
                        "ack" => return anyhow::Ok(()),
                        "error" => anyhow::bail!("refused: {text}"),
                        _ => {}
                    }
                }
            },
            async {
                loop {
                    let text = self.receiver.next().await?;
                    if let Some(message) = wire::read(&text)?.message {
                        anyhow::ensure!(wire::number_of(&message.body)? == number, "out of order");
                        return Ok(());
                    }
                }
            }
        );
        answered?;
        delivered
    }
}

/// A database of its own for one measure; dropped by the cluster's own end.
pub struct Database {
    pub url: Option<String>,
}

impl Database {
    pub fn create(postgres: Option<&str>) -> anyhow::Result<Self> {
        let Some(server) = postgres else { return Ok(Self { url: None }) };
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("bench_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let status = std::process::Command::new("psql")
            .args([&format!("{server}/postgres"), "-qc", &format!("create database {name}")])
            .status()
            .context("psql is missing")?;
        anyhow::ensure!(status.success(), "the database for the measure could not be made");
        Ok(Self { url: Some(format!("{server}/{name}")) })
    }
}
