//! What every adapter promises: hints reach every node, this one included, and losing the connection is announced.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use village_live::{Hint, InProcessLive, Live, PostgresLive, Received, Subscription, Topic};
use village_testkit::{Fresh, fresh_postgres};

async fn expect(subscription: &mut Subscription, hint: Hint) {
    let received = tokio::time::timeout(Duration::from_secs(20), subscription.next()).await.expect("a hint arrives");
    assert_eq!(received, Some(Received::Hint(hint)));
}

fn hint(n: u128) -> Hint {
    Hint::new(Topic::Conversation, Uuid::from_u128(n)).mark(n as i64)
}

/// Two handles that play two nodes.
async fn every_node_hears_each_hint_once_and_in_order(one: Arc<dyn Live>, other: Arc<dyn Live>) {
    let (mut at_one, mut at_other) = (one.subscribe(), other.subscribe());
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

#[tokio::test]
async fn in_process() {
    let live = Arc::new(InProcessLive::default());
    every_node_hears_each_hint_once_and_in_order(live.clone(), live).await;
}

#[tokio::test]
async fn over_postgresql() {
    let fresh: Fresh = fresh_postgres().await;
    let pool = fresh.db.postgres_pool().unwrap().clone();
    let stop = CancellationToken::new();
    let one = Arc::new(PostgresLive::start(pool.clone(), stop.clone()).await.unwrap());
    let other = Arc::new(PostgresLive::start(pool, stop.clone()).await.unwrap());
    every_node_hears_each_hint_once_and_in_order(one, other).await;
    stop.cancel();
}

#[tokio::test]
async fn a_slow_subscriber_is_told_that_it_missed_some() {
    let live = InProcessLive::default();
    let mut subscription = live.subscribe();
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
    let mut at_other = other.subscribe();
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
