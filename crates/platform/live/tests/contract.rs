//! What every adapter promises: hints reach every node, this one included, and losing the connection is announced.

use std::sync::Arc;
use std::time::Duration;

use std::collections::HashSet;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use village_live::{
    Hint, InProcessLive, Interest, Live, PostgresLive, Received, RedisConfig, RedisLive, Subscription, Topic,
};
use village_testkit::{Fresh, RedisOptions, RedisServer, fresh_postgres};

async fn expect(subscription: &mut Subscription, hint: Hint) {
    let received = tokio::time::timeout(Duration::from_secs(20), subscription.next()).await.expect("a hint arrives");
    assert_eq!(received, Some(Received::Hint(hint)));
}

fn hint(n: u128) -> Hint {
    Hint::new(Topic::Conversation, Uuid::from_u128(n)).mark(n as i64)
}

/// Two handles that play two nodes.
async fn contract(one: Arc<dyn Live>, other: Arc<dyn Live>) {
    every_node_hears_each_hint_once_and_in_order(&*one, &*other).await;
    every_topic_reaches_who_attends(&*one, &*other).await;
    who_is_present_can_be_asked(&*one, &*other).await;
}

async fn settle(live: &dyn Live) {
    if let Some(settled) = live.settled() {
        settled.await;
    }
}

async fn every_node_hears_each_hint_once_and_in_order(one: &dyn Live, other: &dyn Live) {
    let (mut at_one, mut at_other) = (one.subscribe(&Topic::ALL), other.subscribe(&Topic::ALL));
    for n in (1..=50).chain([99]) {
        one.attend(Interest::Conversation(Uuid::from_u128(n)));
        other.attend(Interest::Conversation(Uuid::from_u128(n)));
    }
    settle(one).await;
    settle(other).await;
    for n in 1..=50 {
        one.publish(hint(n));
    }
    for n in 1..=50 {
        expect(&mut at_one, hint(n)).await;
        expect(&mut at_other, hint(n)).await;
    }
    other.publish(hint(99));
    expect(&mut at_one, hint(99)).await;
    expect(&mut at_other, hint(99)).await;
}

async fn every_topic_reaches_who_attends(one: &dyn Live, other: &dyn Live) {
    let key = Uuid::from_u128(0xa11);
    let mut at_other = other.subscribe(&Topic::ALL);
    for interest in [Interest::Conversation(key), Interest::Person(key), Interest::Watch(key)] {
        other.attend(interest);
        // Twice is once, also for leaving.
        other.attend(interest);
    }
    settle(other).await;
    for topic in Topic::ALL {
        let hint = Hint::new(topic, key).mark(1).other(Uuid::from_u128(2));
        one.publish(hint);
        expect(&mut at_other, hint).await;
    }
}

async fn who_is_present_can_be_asked(one: &dyn Live, other: &dyn Live) {
    let [ana, ben, cleo] = [1, 2, 3].map(Uuid::from_u128);
    for live in [one, other] {
        live.attend(Interest::Person(ana));
        live.attend(Interest::Present(ben));
    }
    settle(one).await;
    settle(other).await;
    for live in [one, other] {
        let present = live.present(&[ana, ben, cleo]).await;
        assert_eq!(present, Some(HashSet::from([ben])), "connected without being shown is not present");
    }
    one.leave(Interest::Present(ben));
    other.leave(Interest::Present(ben));
    let gone = async || one.present(&[ben]).await.is_some_and(|present| present.is_empty()).then_some(());
    village_testkit::eventually("nobody is present any longer", Duration::from_secs(10), gone).await;
}

#[tokio::test]
async fn in_process() {
    let live = Arc::new(InProcessLive::default());
    contract(live.clone(), live).await;
}

#[tokio::test]
async fn over_postgresql() {
    let fresh: Fresh = fresh_postgres().await;
    let pool = fresh.db.postgres_pool().unwrap().clone();
    let stop = CancellationToken::new();
    let one = Arc::new(PostgresLive::start(pool.clone(), stop.clone()).await.unwrap());
    let other = Arc::new(PostgresLive::start(pool, stop.clone()).await.unwrap());
    contract(one, other).await;
    stop.cancel();
}

async fn contract_over(server: &RedisServer, adapt: impl Fn(&mut RedisConfig)) {
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let node = async || {
        let mut config = RedisConfig::new(server.url().parse().unwrap());
        // A busy machine is no outage.
        config.command_timeout = Duration::from_secs(20);
        adapt(&mut config);
        Arc::new(RedisLive::start(config, &tasks, stop.clone()).await.unwrap())
    };
    contract(node().await, node().await).await;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}

#[tokio::test]
async fn over_redis() {
    contract_over(&RedisServer::start().await, |_| {}).await;
}

#[tokio::test]
async fn over_redis_with_a_password() {
    let options = RedisOptions { password: Some("between-us".to_owned()), ..RedisOptions::default() };
    contract_over(&RedisServer::with(options).await, |_| {}).await;
}

#[tokio::test]
async fn over_redis_with_tls() {
    let server = RedisServer::with(RedisOptions { tls: true, ..RedisOptions::default() }).await;
    contract_over(&server, |config| config.ca_certificates = Some(server.authority().into())).await;
}

#[tokio::test]
async fn over_a_redis_cluster() {
    let options = RedisOptions { cluster: true, ..RedisOptions::default() };
    contract_over(&RedisServer::with(options).await, |config| config.cluster = true).await;
}

#[tokio::test]
async fn a_slow_subscriber_is_told_that_it_missed_some() {
    let live = InProcessLive::default();
    let mut subscription = live.subscribe(&Topic::ALL);
    for n in 0..10_000 {
        live.publish(hint(n));
    }
    assert_eq!(subscription.next().await, Some(Received::Missed));
}

#[tokio::test]
async fn a_lost_connection_is_announced_and_made_again() {
    let fresh = fresh_postgres().await;
    let pool = fresh.db.postgres_pool().unwrap().clone();
    let stop = CancellationToken::new();
    let one = PostgresLive::start(pool.clone(), stop.clone()).await.unwrap();
    let other = PostgresLive::start(pool.clone(), stop.clone()).await.unwrap();
    let mut at_other = other.subscribe(&Topic::ALL);
    let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid() and query ilike '%listen%'";
    let (cut,): (i64,) = sqlx::query_as(cut).fetch_one(&pool).await.unwrap();
    assert!(cut >= 1);
    let received = tokio::time::timeout(Duration::from_secs(20), at_other.next()).await.expect("the loss is announced");
    assert_eq!(received, Some(Received::Missed));
    // The pool may first hand out the connections that were cut.
    let delivered = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            one.publish(hint(7));
            let next = tokio::time::timeout(Duration::from_millis(200), at_other.next()).await;
            if next == Ok(Some(Received::Hint(hint(7)))) {
                return;
            }
        }
    });
    delivered.await.expect("hints pass again");
    stop.cancel();
}
