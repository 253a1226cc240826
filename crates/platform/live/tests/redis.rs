//! Redis that fails in every way it can: local delivery never waits for it, what was missed is announced, and interests
//! are known again afterwards.

use std::collections::HashSet;
use std::future::Future;
use std::time::Duration;

use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use village_live::{Hint, Interest, Live, Received, RedisConfig, RedisLive, Subscription, Topic};
use village_testkit::{FaultProxy, RedisServer, eventually};

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
        config.command_timeout = Duration::from_secs(1);
        config.connect_timeout = Duration::from_secs(1);
        adapt(&mut config);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let live = RedisLive::start(config, &tasks, stop.clone()).await.unwrap();
        Self { hints: live.subscribe(), live, tasks, stop }
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
        let received = tokio::task::coop::unconstrained(self.hints.next()).now_or_never();
        assert_eq!(received, Some(Some(Received::Hint(hint))), "at once");
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

#[tokio::test]
async fn a_hint_reaches_only_the_nodes_that_attend_to_it() {
    let server = RedisServer::start().await;
    let mut sender = Node::start(&server.url()).await;
    let mut concerned = Node::start(&server.url()).await;
    let mut idle = Node::start(&server.url()).await;
    concerned.attend([Interest::Conversation(id(1)), Interest::Person(id(2)), Interest::Watch(id(3))]).await;
    // The same ids, as something else.
    idle.attend([Interest::Conversation(id(2)), Interest::Person(id(1)), Interest::Present(id(3))]).await;

    let targeted = [
        message(1, 7),
        Hint::new(Topic::ReadMark, id(1)).other(id(2)).mark(7),
        Hint::new(Topic::Typing, id(1)).other(id(2)),
        Hint::new(Topic::Membership, id(2)).mark(3),
        Hint::new(Topic::Notification, id(2)).mark(4),
        Hint::new(Topic::Presence, id(3)).mark(1),
    ];
    for hint in targeted {
        sender.publish_locally(hint);
    }
    for hint in targeted {
        concerned.expect(hint).await;
    }
    // Had anything been sent to it, it would have come before what is for all; and its own comes back to nobody.
    sender.publish_locally(marker(1));
    concerned.expect(marker(1)).await;
    idle.expect(marker(1)).await;
    idle.publish_locally(marker(2));
    concerned.expect(marker(2)).await;
    sender.expect(marker(2)).await;

    // Whoever leaves hears no more.
    concerned.live.leave(Interest::Conversation(id(1)));
    let forgotten = async || (server.command(&["EXISTS", &key("conversation", 1)]).await == ":0").then_some(());
    eventually("the entry is gone", PATIENCE, forgotten).await;
    sender.publish_locally(message(1, 8));
    sender.publish_locally(marker(3));
    concerned.expect(marker(3)).await;
    idle.expect(marker(3)).await;
}

fn key(kind: &str, n: u128) -> String {
    format!("village:{kind}:{}", id(n).simple())
}

#[tokio::test]
async fn presence_is_known_across_nodes_and_ends_with_them() {
    let server = RedisServer::start().await;
    let asking = Node::start(&server.url()).await;
    let (one, other) = (Node::start(&server.url()).await, Node::start(&server.url()).await);
    let people = [id(1), id(2), id(3)];
    let present = async || asking.live.present(&people).await;
    assert_eq!(present().await, Some(HashSet::new()));
    one.attend([Interest::Present(id(1)), Interest::Person(id(3))]).await;
    other.attend([Interest::Present(id(1)), Interest::Present(id(2))]).await;
    assert_eq!(present().await, Some(HashSet::from([id(1), id(2)])), "three is connected, and not shown");

    other.leave().await;
    assert_eq!(present().await, Some(HashSet::from([id(1)])), "who stops takes its people along");
    asking.live.attend(Interest::Present(id(3)));
    assert!(present().await.unwrap().contains(&id(3)), "who is here is known here at once");
}

#[tokio::test]
async fn a_dead_node_counts_for_nothing_once_its_lease_ends() {
    let server = RedisServer::start().await;
    let proxy = FaultProxy::start(server.address()).await;
    let asking = Node::start(&server.url()).await;
    let dying = Node::with(&format!("redis://{}", proxy.address()), |config| {
        config.lease = Duration::from_secs(2);
        // It notices nothing.
        config.ping_every = Duration::from_secs(600);
        config.command_timeout = Duration::from_secs(600);
    })
    .await;
    dying.attend([Interest::Present(id(1)), Interest::Conversation(id(2))]).await;
    assert_eq!(asking.live.present(&[id(1)]).await, Some(HashSet::from([id(1)])));
    proxy.stall();
    let gone = async || (asking.live.present(&[id(1)]).await == Some(HashSet::new())).then_some(());
    eventually("its people are gone", PATIENCE, gone).await;
    assert_eq!(server.command(&["EXISTS", &key("present", 1)]).await, ":1", "the entry itself expires later");
    let expiry: i64 = server.command(&["PTTL", &key("conversation", 2)]).await[1..].parse().unwrap();
    assert!(expiry > 0, "{expiry}");
}

#[tokio::test]
async fn interests_are_renewed_before_they_expire() {
    let server = RedisServer::start().await;
    let sender = Node::start(&server.url()).await;
    let mut node = Node::with(&server.url(), |config| config.interest_expiry = Duration::from_secs(3)).await;
    // More than are announced together.
    node.attend((1..=1_200).map(|n| Interest::Conversation(id(n)))).await;
    node.live.leave(Interest::Conversation(id(1_200)));
    let started = std::time::Instant::now();
    let outlived = async || (started.elapsed() > Duration::from_secs(4)).then_some(());
    eventually("the first expiry is over", PATIENCE, outlived).await;
    for n in [1, 600, 1_199] {
        sender.live.publish(message(n, 1));
        node.expect(message(n, 1)).await;
    }
    assert_eq!(server.command(&["EXISTS", &key("conversation", 1_200)]).await, ":0", "what was left is not renewed");
}

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
        let one = Node::start(&server.url()).await;
        let other = Node::start(&format!("redis://{}", proxy.address())).await;
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
        self.one.publish_locally(message(2, 5));
        self.other.until(Received::Hint(message(2, 5))).await;
        self.hints_pass_both_ways(2_000).await;
    }
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
    world.all_is_well_again().await;
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

#[tokio::test]
async fn who_leaves_leaves_nothing_behind_and_says_its_last_word() {
    let server = RedisServer::start().await;
    let mut stays = Node::start(&server.url()).await;
    let leaves = Node::start(&server.url()).await;
    leaves.attend((1..=700).map(|n| Interest::Person(id(n)))).await;
    leaves.live.publish(marker(1));
    leaves.leave().await;
    stays.expect(marker(1)).await;
    assert_eq!(server.command(&["DBSIZE"]).await, ":1", "only the list with the node that stays");
    assert_eq!(server.command(&["ZCARD", "village:nodes"]).await, ":1");
}

#[tokio::test]
async fn communities_that_share_a_redis_do_not_hear_each_other() {
    let server = RedisServer::start().await;
    let ours = Node::start(&server.url()).await;
    let mut theirs = Node::with(&server.url(), |config| config.prefix = "elsewhere".to_owned()).await;
    theirs.attend([Interest::Conversation(id(1)), Interest::Present(id(1))]).await;
    ours.live.publish(message(1, 1));
    ours.live.publish(marker(1));
    assert_eq!(ours.live.present(&[id(1)]).await, Some(HashSet::new()));
    let friend = Node::with(&server.url(), |config| config.prefix = "elsewhere".to_owned()).await;
    friend.live.publish(marker(2));
    theirs.expect(marker(2)).await;
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_not_talked_to() {
    let tls = village_testkit::RedisOptions { tls: true, password: Some("secret".to_owned()), ..Default::default() };
    let (ours, false_one) = (RedisServer::with(tls.clone()).await, RedisServer::with(tls).await);
    let trusting = async |authority: Option<&str>| {
        let authority = authority.map(|pem| pem.as_bytes().to_vec());
        Node::with(&ours.url(), |config| config.ca_certificates = authority).await.live.present(&[id(1)]).await
    };
    assert_eq!(trusting(Some(ours.authority())).await, Some(HashSet::new()));
    assert_eq!(trusting(Some(false_one.authority())).await, None);
    assert_eq!(trusting(None).await, None);
    let mut broken = RedisConfig::new(ours.url().parse().unwrap());
    broken.ca_certificates = Some(b"-----BEGIN CERTIFICATE-----\nnonsense".to_vec());
    assert!(RedisLive::start(broken, &TaskTracker::new(), CancellationToken::new()).await.is_err());
}

#[tokio::test]
async fn a_user_of_its_own_needs_no_more_rights_than_the_manual_says() {
    let manual = include_str!("../../../../docs/operations.md");
    let rights = manual.lines().find(|line| line.starts_with("`~village:*")).expect("a line of rights");
    let server = RedisServer::start().await;
    let user = ["ACL", "SETUSER", "village", "on", ">secret"];
    let command: Vec<&str> = user.into_iter().chain(rights.trim_matches('`').split(' ')).collect();
    assert_eq!(server.command(&command).await, "+OK");
    let url = format!("redis://village:secret@{}/1", server.address());
    let (one, mut other) = (Node::start(&url).await, Node::start(&url).await);
    other.attend([Interest::Conversation(id(1)), Interest::Present(id(1))]).await;
    one.live.publish(message(1, 1));
    other.expect(message(1, 1)).await;
    assert_eq!(one.live.present(&[id(1)]).await, Some(HashSet::from([id(1)])));
    other.leave().await;
    assert_eq!(one.live.present(&[id(1)]).await, Some(HashSet::new()));
}

#[tokio::test]
async fn a_wrong_password_is_an_outage_and_not_an_end() {
    let options = village_testkit::RedisOptions { password: Some("right".to_owned()), ..Default::default() };
    let server = RedisServer::with(options).await;
    let mut node = Node::start(&format!("redis://:wrong@{}", server.address())).await;
    node.publish_locally(message(1, 1));
    assert_eq!(node.live.present(&[id(1)]).await, None);
}
