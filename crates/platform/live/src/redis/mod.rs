//! For many nodes: Redis carries each hint only to the nodes that attend to it, and knows who is present.
//!
//! A node is known by the id of its session, that is of one pair of connections: one for its only subscription, one for
//! commands. In Redis, all keys with the prefix of the settings, instants in milliseconds of Redis's own clock:
//! - `nodes`: sorted set of sessions by the end of their lease, which is renewed every few seconds;
//! - `conversation:ID`, `person:ID`, `watch:ID`, `present:ID`: sorted sets of the sessions that attend, by the end of
//!   that entry. An entry counts while its session's lease does, so entries are renewed rarely, and those of a dead
//!   node count for nothing within seconds and expire by themselves.
//!
//! Channels: one of each session, and one for all. When anything about the session fails or takes too long it is
//! given up as a whole: the next one has a new id, announces everything again and tells subscribers
//! [`crate::Received::Missed`].

mod config;
mod connect;
mod interests;
mod route;
mod session;

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use config::{InvalidRedis, RedisConfig, RedisUrl};
use connect::{Connector, Keys, Link, gone};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use interests::Interests;
use redis::RedisResult;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::{Hint, InProcessLive, Interest, Live, Subscription, Topic};

/// Hints that wait to be sent, also while Redis is away. More are dropped, and every node is told that some were.
const QUEUE: usize = 8_192;
/// A question of the moment is not worth more.
const PRESENCE_TIMEOUT: Duration = Duration::from_millis(500);
/// For those who wait until others know what they attend to.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(2);

pub struct RedisLive {
    shared: Arc<Shared>,
    outgoing: mpsc::Sender<Hint>,
}

struct Shared {
    config: RedisConfig,
    keys: Keys,
    connector: Connector,
    /// Local subscribers never wait for Redis.
    local: InProcessLive,
    interests: Interests,
    /// While there is a session.
    link: Mutex<Option<Link>>,
    /// How many hints were dropped.
    lost: AtomicU64,
    /// Begins every payload of this process, whichever session sends it: a Redis that was stalled may deliver it to
    /// the next one.
    origin: Uuid,
}

impl RedisLive {
    /// Connects, and stays connected until `stop`; then it sends what waits and leaves, which `tasks` waits for.
    /// Returns once connected, or once the first attempt has failed: without Redis everything is late, not wrong.
    pub async fn start(
        config: RedisConfig,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, InvalidRedis> {
        let shared = Arc::new(Shared {
            keys: Keys::new(&config.prefix),
            connector: Connector::new(&config)?,
            config,
            local: InProcessLive::default(),
            interests: Interests::default(),
            link: Mutex::default(),
            lost: AtomicU64::default(),
            origin: Uuid::new_v4(),
        });
        let (outgoing, queue) = mpsc::channel(QUEUE);
        let (tried, first_try) = oneshot::channel();
        tasks.spawn(session::keep_up(shared.clone(), queue, tried, stop));
        let _ = first_try.await;
        Ok(Self { shared, outgoing })
    }
}

impl Shared {
    fn link(&self) -> MutexGuard<'_, Option<Link>> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Of the session, with its clock as last read.
    fn current_link(&self) -> RedisResult<Link> {
        self.link().clone().ok_or_else(|| gone("the session has ended"))
    }
}

impl Live for RedisLive {
    fn publish(&self, hint: Hint) {
        self.shared.local.publish(hint);
        if hint.topic.is_ephemeral() && !self.shared.interests.is_connected() {
            metrics::counter!("village_live_dropped_hints_total").increment(1);
        } else if self.outgoing.try_send(hint).is_err() {
            metrics::counter!("village_live_dropped_hints_total").increment(1);
            if !hint.topic.is_ephemeral() {
                self.shared.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn subscribe(&self, topics: &[Topic]) -> Subscription {
        self.shared.local.subscribe(topics)
    }

    fn attend(&self, interest: Interest) {
        self.shared.local.attend(interest);
        self.shared.interests.attend(interest);
    }

    fn leave(&self, interest: Interest) {
        self.shared.local.leave(interest);
        self.shared.interests.leave(interest);
    }

    fn settled(&self) -> Option<BoxFuture<'static, ()>> {
        let settled = self.shared.interests.settled();
        Some(tokio::time::timeout(SETTLE_TIMEOUT, settled).map(drop).boxed())
    }

    fn present(&self, people: &[Uuid]) -> BoxFuture<'_, Option<HashSet<Uuid>>> {
        let mut present = self.shared.local.present_among(people);
        let elsewhere: Vec<Uuid> = people.iter().filter(|person| !present.contains(*person)).copied().collect();
        async move {
            let link = self.shared.link().clone()?;
            if !elsewhere.is_empty() {
                let asked = route::present_among(&self.shared.keys, link, elsewhere);
                present.extend(tokio::time::timeout(PRESENCE_TIMEOUT, asked).await.ok()?.ok()?);
            }
            Some(present)
        }
        .boxed()
    }
}

impl Topic {
    /// Worth nothing when it comes late.
    fn is_ephemeral(self) -> bool {
        matches!(self, Self::Typing | Self::Presence)
    }
}
