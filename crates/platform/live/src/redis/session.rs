//! One pair of connections to Redis, from its first command to its last.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt as _;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Cmd, RedisResult, Value, cmd};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Shared;
use super::connect::{Link, gone, too_late};
use super::route;
use crate::{Hint, Interest, wire};

/// Hints sent together.
const BATCH: usize = 1_024;
/// Interests announced together.
const ANNOUNCE: usize = 500;
/// Between two batches of interests that are only renewed: a hundred thousand take some seconds, and nobody waits.
const RENEW_PAUSE: Duration = Duration::from_millis(20);
/// Between attempts to connect; doubled up to the second.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3));
/// For the last hints and for leaving.
const GOODBYE: Duration = Duration::from_secs(2);

/// Makes a session after the other until `stop`.
pub async fn keep_up(
    shared: Arc<Shared>,
    mut queue: mpsc::Receiver<Hint>,
    tried: oneshot::Sender<()>,
    stop: CancellationToken,
) {
    metrics::gauge!("village_live_connected").set(0.0);
    let mut tried = Some(tried);
    let mut outbox = Outbox::default();
    let mut former = None;
    let mut pause = RETRY.0;
    let mut is_known_down = false;
    loop {
        let opened = tokio::select! {
            () = stop.cancelled() => return,
            opened = Session::open(&shared, former) => opened,
        };
        let error = match opened {
            Err(error) => error,
            Ok(session) => {
                if is_known_down {
                    tracing::info!("connected to Redis again");
                }
                (pause, is_known_down) = (RETRY.0, false);
                former = Some(session.node);
                let ended = session.run(&mut queue, &mut outbox, &mut tried, &stop).await;
                outbox.unsent.retain(|hint| !hint.topic.is_ephemeral());
                match ended {
                    Ok(()) => return,
                    Err(error) => error,
                }
            }
        };
        if !std::mem::replace(&mut is_known_down, true) {
            tracing::warn!(%error, "no Redis: what happens on other nodes is noticed late; trying again");
        } else {
            tracing::debug!(%error, "still no Redis");
        }
        if let Some(tried) = tried.take() {
            let _ = tried.send(());
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause + jitter(pause)) => {}
        }
        pause = (pause * 2).min(RETRY.1);
    }
}

/// Nodes that lost the same Redis do not all come back in the same instant.
fn jitter(pause: Duration) -> Duration {
    pause.mul_f64(f64::from(Uuid::new_v4().as_bytes()[0]) / 510.0)
}

#[derive(Default)]
struct Outbox {
    /// Taken from the queue and not known to be sent.
    unsent: Vec<Hint>,
    /// Of how many dropped hints other nodes have been told.
    told_lost: u64,
}

struct Session {
    shared: Arc<Shared>,
    node: Uuid,
    link: Link,
    sink: PubSubSink,
    stream: PubSubStream,
}

impl Session {
    /// Subscribed, and alive to other nodes; they do not know yet what it attends to.
    async fn open(shared: &Arc<Shared>, former: Option<Uuid>) -> RedisResult<Self> {
        let open = async {
            let node = Uuid::new_v4();
            let channels = [shared.keys.channel(&node.simple()), shared.keys.channel_of_all()];
            let mut commands = shared.connector.commands().await?;
            let (sink, stream) = shared.connector.subscription(&channels).await?;
            let clock = commands.clock().await?;
            let mut link = Link { commands, clock, node, origin: shared.origin };
            if let Some(former) = former {
                link.commands.run(&[remove(shared.keys.nodes(), former)]).await?;
            }
            renew_lease(shared, &mut link).await?;
            Ok(Self { shared: shared.clone(), node, link, sink, stream })
        };
        timeout(shared.config.connect_timeout, open).await.map_err(|_| too_late())?
    }

    /// Until `stop`, or until something fails.
    async fn run(
        self,
        queue: &mut mpsc::Receiver<Hint>,
        outbox: &mut Outbox,
        tried: &mut Option<oneshot::Sender<()>>,
        stop: &CancellationToken,
    ) -> RedisResult<()> {
        let Self { shared, link, sink, stream, .. } = self;
        // Dropped however this ends.
        let _connected = Connected::new(&shared, link.clone());
        let ended = tokio::select! {
            () = stop.cancelled() => Ok(()),
            ended = receive(&shared, stream) => ended,
            ended = ping(&shared, sink) => ended,
            ended = keep_lease(&shared, link.clone()) => ended,
            ended = announce(&shared, tried) => ended,
            ended = send(&shared, queue, outbox) => ended,
        };
        if ended.is_ok() {
            let goodbye = async {
                while let Ok(hint) = queue.try_recv() {
                    outbox.unsent.push(hint);
                }
                route::send(&shared.keys, shared.current_link()?, &outbox.unsent, false).await?;
                leave(&shared, link).await
            };
            match timeout(GOODBYE, goodbye).await {
                Ok(Ok(())) => {}
                // What is left there expires.
                Ok(Err(error)) => tracing::debug!(%error, "could not leave Redis"),
                Err(_) => tracing::debug!("leaving Redis took too long"),
            }
        }
        ended
    }
}

/// While it lives, others may use the session.
struct Connected<'a>(&'a Shared);

impl<'a> Connected<'a> {
    fn new(shared: &'a Shared, link: Link) -> Self {
        *shared.link() = Some(link);
        shared.interests.connected();
        metrics::gauge!("village_live_connected").set(1.0);
        Self(shared)
    }
}

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        *self.0.link() = None;
        self.0.interests.disconnected();
        metrics::gauge!("village_live_connected").set(0.0);
    }
}

async fn receive(shared: &Shared, mut stream: PubSubStream) -> RedisResult<()> {
    while let Some(message) = stream.next().await {
        let Some(payload) = wire::unpack(shared.origin, &String::from_utf8_lossy(message.get_payload_bytes())) else {
            continue;
        };
        metrics::counter!("village_live_received_hints_total").increment(payload.hints.len() as u64);
        payload.hints.into_iter().for_each(|hint| crate::Live::publish(&shared.local, hint));
        if payload.lost {
            shared.local.missed();
        }
    }
    Err(gone("the subscription has ended"))
}

/// A subscription is silent by nature: only an answer shows that it lives.
async fn ping(shared: &Shared, mut sink: PubSubSink) -> RedisResult<()> {
    loop {
        tokio::time::sleep(shared.config.ping_every).await;
        timeout(shared.config.command_timeout, sink.ping::<Value>()).await.map_err(|_| too_late())??;
    }
}

async fn keep_lease(shared: &Shared, mut link: Link) -> RedisResult<()> {
    loop {
        let ends_at = link.clock.in_future(shared.config.lease);
        tokio::time::sleep(shared.config.lease / 3).await;
        link.clock = link.commands.clock().await?;
        if link.clock.now() >= ends_at {
            return Err(gone("this process was paused, and other nodes took it for dead"));
        }
        renew_lease(shared, &mut link).await?;
        *shared.link() = Some(link.clone());
    }
}

async fn renew_lease(shared: &Shared, link: &mut Link) -> RedisResult<()> {
    let nodes = shared.keys.nodes();
    let mut renew = cmd("ZADD");
    renew.arg(&nodes).arg(link.clock.in_future(shared.config.lease)).arg(name(link.node));
    let mut forget = cmd("ZREMRANGEBYSCORE");
    forget.arg(&nodes).arg("-inf").arg(link.clock.now());
    let mut expire = cmd("PEXPIRE");
    // Only so that nothing stays where nobody comes back.
    expire.arg(&nodes).arg(millis(shared.config.lease * 100));
    link.commands.run(&[renew, forget, expire]).await.map(drop)
}

/// Tells Redis what this node attends to: at first everything, then what changes; and everything again now and then,
/// before it expires. Only this writes interests, so an older wish never overtakes a newer one.
async fn announce(shared: &Shared, tried: &mut Option<oneshot::Sender<()>>) -> RedisResult<()> {
    while announce_next(shared).await? {}
    shared.local.missed();
    if let Some(tried) = tried.take() {
        let _ = tried.send(());
    }
    let every = shared.config.interest_expiry / 3;
    let mut renewal = tokio::time::interval_at(tokio::time::Instant::now() + every, every);
    renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut to_renew: Vec<Interest> = Vec::new();
    loop {
        metrics::gauge!("village_live_interests").set(shared.interests.count() as f64);
        tokio::select! {
            () = shared.interests.changed() => {}
            _ = renewal.tick() => to_renew = shared.interests.all(),
            () = tokio::time::sleep(RENEW_PAUSE), if !to_renew.is_empty() => {}
        }
        while announce_next(shared).await? {}
        let rest = to_renew.len().saturating_sub(ANNOUNCE);
        let renewed = shared.interests.still(to_renew.split_off(rest));
        enter(shared, &mut shared.current_link()?, &renewed, true).await?;
    }
}

/// False when there was nothing to tell.
async fn announce_next(shared: &Shared) -> RedisResult<bool> {
    let mut link = shared.current_link()?;
    let next = shared.interests.next(ANNOUNCE);
    enter(shared, &mut link, &next.entered, false).await?;
    let left: Vec<Cmd> = next.left.iter().map(|interest| remove(shared.keys.interest(*interest), link.node)).collect();
    link.commands.run(&left).await?;
    shared.interests.announced(&next);
    Ok(!next.is_empty())
}

async fn enter(shared: &Shared, link: &mut Link, interests: &[Interest], tidy: bool) -> RedisResult<()> {
    let until = link.clock.in_future(shared.config.interest_expiry);
    let mut commands = Vec::with_capacity(interests.len() * 3);
    for interest in interests {
        let key = shared.keys.interest(*interest);
        let (mut add, mut expire) = (cmd("ZADD"), cmd("PEXPIRE"));
        add.arg(&key).arg(until).arg(name(link.node));
        expire.arg(&key).arg(millis(shared.config.interest_expiry));
        commands.extend([add, expire]);
        if tidy {
            let mut forget = cmd("ZREMRANGEBYSCORE");
            forget.arg(&key).arg("-inf").arg(link.clock.now());
            commands.push(forget);
        }
    }
    link.commands.run(&commands).await.map(drop)
}

async fn send(shared: &Shared, queue: &mut mpsc::Receiver<Hint>, outbox: &mut Outbox) -> RedisResult<()> {
    loop {
        if outbox.unsent.is_empty() && queue.recv_many(&mut outbox.unsent, BATCH).await == 0 {
            // Nobody can publish any more.
            return std::future::pending().await;
        }
        let lost = shared.lost.load(Ordering::Relaxed);
        route::send(&shared.keys, shared.current_link()?, &outbox.unsent, lost > outbox.told_lost).await?;
        outbox.told_lost = lost;
        outbox.unsent.clear();
    }
}

/// Other nodes need not wait for the lease to end.
async fn leave(shared: &Shared, mut link: Link) -> RedisResult<()> {
    link.commands.run(&[remove(shared.keys.nodes(), link.node)]).await?;
    let interests = shared.interests.all();
    let keys = interests.iter().map(|interest| shared.keys.interest(*interest));
    let commands: Vec<Cmd> = keys.map(|key| remove(key, link.node)).collect();
    link.commands.run(&commands).await.map(drop)
}

fn remove(key: String, node: Uuid) -> Cmd {
    let mut remove = cmd("ZREM");
    remove.arg(key).arg(name(node));
    remove
}

fn name(node: Uuid) -> String {
    node.simple().to_string()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
