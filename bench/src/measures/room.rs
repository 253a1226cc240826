//! A room of 500 people: deliveries per second of the server's processor, against a bare relay in the same run.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use village_testkit::free_port;

use crate::measures::direct::Database;
use crate::options::Options;
use crate::report::{Goal, Report, Row};
use crate::server::{self, Engine};
use crate::statistics::median;
use crate::wire::{self, Receiver, Sender};
use crate::{people, process};

const PEOPLE: usize = 500;
/// Of them, those who write.
const WRITERS: usize = 4;

struct Room {
    conversation: String,
    pid: u32,
    writers: Vec<(Sender, Arc<Answers>)>,
    heard: Arc<Heard>,
    next: u64,
    /// They end with the room, before the server does.
    _listeners: JoinSet<()>,
}

/// What all receivers have got so far: each of them every text, whole and once.
#[derive(Default)]
struct Heard {
    deliveries: AtomicU64,
    bytes: AtomicU64,
    changed: Notify,
}

#[derive(Default)]
struct Answers {
    count: AtomicU64,
    changed: Notify,
}

pub async fn measure(options: &Options, on: &Engine, report: &mut Report) -> anyhow::Result<()> {
    let engine = on.name();
    println!(
        "A room of {PEOPLE}, {engine}: {} rounds of {} s, against the bare relay",
        options.rounds, options.seconds
    );
    let database = Database::create(on.server_url())?;
    let village = server::empty(options, on, database.url.as_deref()).await?;
    let everybody = people::sign_up(&village.base(), "room", PEOPLE).await?;
    let conversation = people::gather(&everybody).await?;
    let tokens: Vec<&str> = everybody.iter().map(|person| person.token.as_str()).collect();
    let pid = village.pid().context("the server runs")?;
    let mut ours = Room::enter(&village.base(), pid, conversation, &tokens).await?;

    let (relay, base) = start_relay().await?;
    let pid = relay.id().context("the relay runs")?;
    let mut theirs = Room::enter(&base, pid, String::new(), &tokens).await?;

    let length = Duration::from_secs(options.seconds);
    let (mut our_rates, mut their_rates) = (Vec::new(), Vec::new());
    for round in 0..=options.rounds {
        let (our, their) = (ours.talk(length).await?, theirs.talk(length).await?);
        println!("  deliveries a CPU-second: {our:.0}, the relay {their:.0}");
        if round > 0 {
            our_rates.push(our);
            their_rates.push(their);
        }
    }
    let (our, their) = (median(our_rates), median(their_rates));
    let (our_bytes, their_bytes) = (ours.heard.mean_bytes(), theirs.heard.mean_bytes());
    ensure!(
        (0.95..1.05).contains(&(our_bytes / their_bytes)),
        "frames are no more the same on both sides: {our_bytes:.0} and {their_bytes:.0} bytes"
    );
    report.add(Row {
        number: 8,
        measure: format!(
            "deliveries per CPU-second in a room of {PEOPLE}, 190-byte texts in frames of {our_bytes:.0} ({engine})"
        ),
        ours: format!("{our:.0}"),
        theirs: format!("{their:.0} (bare relay: encode once, store nothing)"),
        value: our / their,
        goal: Some(Goal::AtLeast(0.7)),
        headline: Some(format!("deliveries in a room of {PEOPLE}, {engine}, against a bare relay")),
        revision: String::new(),
    });
    Ok(())
}

async fn start_relay() -> anyhow::Result<(Child, String)> {
    let listen: SocketAddr = ([127, 0, 0, 1], free_port()).into();
    let relay = Command::new(std::env::current_exe()?)
        .args(["relay", "--listen", &listen.to_string()])
        .kill_on_drop(true)
        .spawn()
        .context("the relay could not be started")?;
    let base = format!("http://{listen}");
    for _ in 0..200 {
        if reqwest::get(format!("{base}/readyz")).await.is_ok() {
            return Ok((relay, base));
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    anyhow::bail!("the relay did not start")
}

impl Room {
    async fn enter(base: &str, pid: u32, conversation: String, tokens: &[&str]) -> anyhow::Result<Self> {
        let heard = Arc::new(Heard::default());
        let (mut writers, mut listeners) = (Vec::new(), JoinSet::new());
        for (position, token) in tokens.iter().enumerate() {
            let (sender, receiver) = wire::open(base, token).await?;
            let answers = Arc::new(Answers::default());
            listeners.spawn(listen(receiver, heard.clone(), answers.clone()));
            if position < WRITERS {
                writers.push((sender, answers));
            } else {
                // The connection stays open as long as the process.
                std::mem::forget(sender);
            }
        }
        Ok(Self { conversation, pid, writers, heard, next: 1, _listeners: listeners })
    }

    /// The writers write by turns, each message once everybody has the one before but `WRITERS`. Deliveries per
    /// CPU-second.
    async fn talk(&mut self, length: Duration) -> anyhow::Result<f64> {
        let (before, cpu_before, started) = (self.next, process::cpu_seconds(self.pid)?, Instant::now());
        while started.elapsed() < length {
            for (sender, _) in &mut self.writers {
                sender.send_text(&self.conversation, self.next, &wire::body(self.next)).await?;
                self.next += 1;
            }
            self.heard.wait_for((self.next - 1) * PEOPLE as u64).await?;
            for (_, answers) in &self.writers {
                answers.wait_for((self.next - 1) / WRITERS as u64).await?;
            }
        }
        let deliveries = (self.next - before) * PEOPLE as u64;
        Ok(deliveries as f64 / (process::cpu_seconds(self.pid)? - cpu_before))
    }
}

const PATIENCE: Duration = Duration::from_secs(20);

impl Heard {
    /// Of a frame with a text.
    fn mean_bytes(&self) -> f64 {
        self.bytes.load(Ordering::Acquire) as f64 / self.deliveries.load(Ordering::Acquire) as f64
    }

    async fn wait_for(&self, deliveries: u64) -> anyhow::Result<()> {
        let waiting = async {
            while self.deliveries.load(Ordering::Acquire) < deliveries {
                self.changed.notified().await;
            }
        };
        let heard = tokio::time::timeout(PATIENCE, waiting).await;
        ensure!(heard.is_ok(), "{} of {deliveries} deliveries came", self.deliveries.load(Ordering::Acquire));
        Ok(())
    }
}

impl Answers {
    async fn wait_for(&self, count: u64) -> anyhow::Result<()> {
        let waiting = async {
            while self.count.load(Ordering::Acquire) < count {
                self.changed.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.context("a message was not acknowledged")
    }
}

/// Counts what comes; stops at whatever is wrong, so that the count is never reached and the measure fails.
async fn listen(mut receiver: Receiver, heard: Arc<Heard>, answers: Arc<Answers>) {
    let mut last = [0; WRITERS];
    let outcome: anyhow::Result<()> = async {
        loop {
            let text = receiver.next().await?;
            let frame = wire::read(&text)?;
            match (frame.r#type, frame.message) {
                // What happened to the group itself has no text.
                (_, Some(message)) if message.body.is_empty() => {}
                (_, Some(message)) => {
                    let number = wire::number_of(&message.body)?;
                    let writer = ((number - 1) % WRITERS as u64) as usize;
                    ensure!(number > last[writer], "message {number} came twice or out of order");
                    last[writer] = number;
                    heard.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
                    let before = heard.deliveries.fetch_add(1, Ordering::AcqRel);
                    if (before + 1).is_multiple_of(PEOPLE as u64) {
                        heard.changed.notify_one();
                    }
                }
                ("ack", None) => {
                    answers.count.fetch_add(1, Ordering::AcqRel);
                    answers.changed.notify_one();
                }
                ("error", None) => anyhow::bail!("refused: {text}"),
                _ => {}
            }
        }
    }
    .await;
    if let Err(error) = outcome {
        eprintln!("a receiver stopped: {error:#}");
    }
}
