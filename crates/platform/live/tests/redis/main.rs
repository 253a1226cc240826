//! Nodes over a real Redis.

mod access;
mod outages;
mod routing;

use std::time::Duration;

use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use village_live::{Hint, Interest, Live, Received, RedisConfig, RedisLive, Subscription, Topic};

/// For what happens soon; only a failure waits that long.
const PATIENCE: Duration = Duration::from_secs(30);

struct Node {
    live: RedisLive,
    hints: Subscription,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Node {
    async fn start(url: &str) -> Self {
        Self::with(url, |_| {}).await
    }

    async fn with(url: &str, adapt: impl FnOnce(&mut RedisConfig)) -> Self {
        let mut config = RedisConfig::new(url.parse().unwrap());
        config.ping_every = Duration::from_millis(200);
        // A busy machine is no outage.
        config.command_timeout = PATIENCE;
        config.connect_timeout = PATIENCE;
        adapt(&mut config);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let live = RedisLive::start(config, &tasks, stop.clone()).await.unwrap();
        Self { hints: live.subscribe(&Topic::ALL), live, tasks, stop }
    }

    /// Notices soon that Redis hangs.
    async fn impatient(url: &str) -> Self {
        Self::with(url, |config| {
            config.command_timeout = Duration::from_secs(1);
            config.connect_timeout = Duration::from_secs(1);
        })
        .await
    }

    async fn attend(&self, interests: impl IntoIterator<Item = Interest>) {
        interests.into_iter().for_each(|interest| self.live.attend(interest));
        self.live.settled().unwrap().await;
    }

    async fn next(&mut self) -> Received {
        tokio::time::timeout(PATIENCE, self.hints.next()).await.expect("something comes").expect("it runs")
    }

    async fn expect(&mut self, hint: Hint) {
        assert_eq!(self.next().await, Received::Hint(hint));
    }

    async fn until(&mut self, wanted: Received) {
        while self.next().await != wanted {}
    }

    /// What was published is there before this returns: no other node was asked.
    fn publish_locally(&mut self, hint: Hint) {
        self.live.publish(hint);
        let at_once =
            std::iter::from_fn(|| tokio::task::coop::unconstrained(self.hints.next()).now_or_never().flatten());
        let received: Vec<Received> = at_once.collect();
        assert!(received.contains(&Received::Hint(hint)), "at once: {received:?}");
    }

    async fn leave(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn message(n: u128, seq: i64) -> Hint {
    Hint::new(Topic::Conversation, id(n)).mark(seq)
}

/// Reaches every node, in order after what was published before.
fn marker(n: u128) -> Hint {
    Hint::new(Topic::Post, id(n))
}
