//! Redis fails in every way it can: local delivery never waits for it, what was missed is announced, and interests are
//! known again afterwards.

use std::future::Future;
use std::time::Duration;

use village_live::{Hint, Interest, Live, Received, Topic};
use village_testkit::{FaultProxy, RedisServer, eventually};

use crate::{Node, PATIENCE, id, message};

/// Two nodes by way of a proxy each to the same server.
struct World {
    server: RedisServer,
    proxy: FaultProxy,
    one: Node,
    other: Node,
}

impl World {
    /// `other` is behind the proxy.
    async fn new() -> Self {
        let server = RedisServer::start().await;
        let proxy = FaultProxy::start(server.address()).await;
        let one = Node::impatient(&server.url()).await;
        let other = Node::impatient(&proxy.url(&server.url())).await;
        one.attend([Interest::Conversation(id(1))]).await;
        other.attend([Interest::Conversation(id(1))]).await;
        let mut world = Self { server, proxy, one, other };
        world.hints_pass_both_ways(1).await;
        world
    }

    async fn hints_pass_both_ways(&mut self, seq: i64) {
        self.one.publish_locally(message(1, seq));
        self.other.until(Received::Hint(message(1, seq))).await;
        self.other.publish_locally(message(1, -seq));
        self.one.until(Received::Hint(message(1, -seq))).await;
    }

    /// While Redis is away for `other`, in whatever way.
    async fn other_works_alone(&mut self) {
        let unknown = async || self.other.live.present(&[id(9)]).await.is_none().then_some(());
        eventually("it knows that it does not know", PATIENCE, unknown).await;
        let started = std::time::Instant::now();
        for seq in 100..1_100 {
            self.other.publish_locally(message(1, seq));
        }
        assert!(started.elapsed() < PATIENCE, "publishing waits for nothing");
        self.other.live.attend(Interest::Conversation(id(2)));
        self.other.live.leave(Interest::Conversation(id(3)));
        within_patience(self.other.live.settled().unwrap()).await;
    }

    /// Subscribers are told, what waited is sent, and what was attended to meanwhile is known.
    async fn all_is_well_again(&mut self) {
        self.other.until(Received::Missed).await;
        self.one.until(Received::Hint(message(1, 1_099))).await;
        self.all_is_well_from_now_on().await;
    }

    /// Each hears of what the other publishes now, once Redis knows who listens.
    async fn is_known_again(&mut self) {
        hears(&mut self.one, &mut self.other, 1).await;
        hears(&mut self.other, &mut self.one, 2).await;
    }

    async fn all_is_well_from_now_on(&mut self) {
        self.one.publish_locally(message(2, 5));
        self.other.until(Received::Hint(message(2, 5))).await;
        self.hints_pass_both_ways(2_000).await;
    }
}

/// Publishes about a conversation that `hearer` attends to, again and again until it hears.
async fn hears(hearer: &mut Node, publisher: &mut Node, conversation: u128) {
    let hears = async {
        for seq in 1_500.. {
            let hint = message(conversation, seq);
            publisher.publish_locally(hint);
            if tokio::time::timeout(Duration::from_millis(50), hearer.until(Received::Hint(hint))).await.is_ok() {
                break;
            }
        }
    };
    within_patience(hears).await;
}

async fn within_patience<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it ends")
}

#[tokio::test]
async fn a_cut_connection() {
    let mut world = World::new().await;
    world.proxy.cut().await;
    world.other_works_alone().await;
    world.proxy.resume().await;
    world.all_is_well_again().await;
}

#[tokio::test]
async fn a_connection_that_is_open_and_dead() {
    let mut world = World::new().await;
    world.proxy.stall();
    world.other_works_alone().await;
    world.proxy.resume().await;
    world.all_is_well_again().await;
}

#[tokio::test]
async fn a_redis_that_is_killed_and_comes_back_empty() {
    let mut world = World::new().await;
    world.server.kill();
    world.other_works_alone().await;
    world.server.restart().await;
    world.one.until(Received::Missed).await;
    world.other.until(Received::Missed).await;
    // What waited may have been sent before Redis knew again who listens: that is why both are told that they missed
    // something.
    world.is_known_again().await;
    world.all_is_well_from_now_on().await;
}

#[tokio::test]
async fn a_redis_that_hangs() {
    let mut world = World::new().await;
    world.server.stall();
    world.other_works_alone().await;
    world.server.resume();
    world.one.until(Received::Missed).await;
    world.all_is_well_again().await;
}

#[tokio::test]
async fn only_the_subscription_is_lost() {
    let mut world = World::new().await;
    assert_eq!(world.server.command(&["CLIENT", "KILL", "TYPE", "pubsub"]).await, ":2");
    world.one.until(Received::Missed).await;
    world.other.until(Received::Missed).await;
    world.hints_pass_both_ways(5).await;
}

#[tokio::test]
async fn a_node_that_starts_without_redis_finds_it_later() {
    let mut server = RedisServer::start().await;
    server.kill();
    let mut early = Node::start(&server.url()).await;
    early.live.attend(Interest::Conversation(id(1)));
    early.publish_locally(message(1, 1));
    assert_eq!(early.live.present(&[id(1)]).await, None);
    server.restart().await;
    early.until(Received::Missed).await;
    let late = Node::start(&server.url()).await;
    late.live.publish(message(1, 2));
    early.until(Received::Hint(message(1, 2))).await;
}

#[tokio::test]
async fn what_the_queue_cannot_hold_is_said_to_be_lost() {
    let mut world = World::new().await;
    world.proxy.cut().await;
    let unknown = async || world.other.live.present(&[id(9)]).await.is_none().then_some(());
    eventually("it is cut off", PATIENCE, unknown).await;
    for seq in 0..20_000 {
        world.other.live.publish(message(1, seq));
    }
    world.proxy.resume().await;
    world.one.until(Received::Missed).await;
    world.other.until(Received::Missed).await;
    world.hints_pass_both_ways(30_000).await;
}

#[tokio::test]
async fn signs_of_the_moment_are_not_sent_late() {
    let mut world = World::new().await;
    let typing = |n| Hint::new(Topic::Typing, id(1)).other(id(n));
    world.other.publish_locally(typing(1));
    world.one.until(Received::Hint(typing(1))).await;
    world.proxy.cut().await;
    let unknown = async || world.other.live.present(&[id(9)]).await.is_none().then_some(());
    eventually("it is cut off", PATIENCE, unknown).await;
    world.other.publish_locally(typing(2));
    world.other.publish_locally(message(1, 50));
    world.proxy.resume().await;
    assert_eq!(world.one.next().await, Received::Hint(message(1, 50)), "without the sign before it");
}
