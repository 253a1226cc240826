//! Nothing is lost: lost hints, lost connections, several nodes.

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use support::{Client, Device, LossyLive, Node, View, World, settings};
use tokio_util::sync::CancellationToken;
use village_live::{PostgresLive, SharedLive};
use village_testkit::{Fresh, on_both_engines};

#[tokio::test]
async fn a_lost_hint_is_repaired_by_the_next_heartbeat() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let mut limits = settings();
        limits.heartbeat = Duration::from_millis(200);
        let live = LossyLive::over(fresh);
        let node = Node::start_with(fresh, &world, limits, live.clone()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let mut client = node.connect(&ben).await;
        node.send(&ana, &conversation, "c1", "heard").await;
        assert_eq!(client.next_of("message").await["seq"], 1);
        live.lose(true);
        node.send(&ana, &conversation, "c2", "unheard").await;
        node.send(&ana, &conversation, "c3", "unheard too").await;
        for seq in [2, 3] {
            let frame = client.next_of("message").await;
            assert_eq!((&frame["seq"], &frame["prev_seq"]), (&json!(seq), &json!(seq - 1)));
        }
        let beat = client.next_of("heartbeat").await;
        assert_eq!(beat["conversations"][&conversation], 3);
        // A conversation nobody was told of, with what was said in it; and a notification.
        let with_eve = node.open(&eve, &ben).await;
        node.send(&eve, &with_eve, "c1", "psst").await;
        assert_eq!(client.next_of("conversation").await["conversation"]["id"], json!(with_eve));
        let frame = client.next_of("message").await;
        assert_eq!((&frame["seq"], &frame["prev_seq"]), (&json!(1), &json!(0)));
        world.feed.add(ben.user());
        assert_eq!(client.next_of("notification").await["notification_seq"], 1);
        let beat = client.next_of("heartbeat").await;
        assert_eq!((&beat["membership_seq"], &beat["notification_seq"]), (&json!(2), &json!(1)));
        // What a block hides from the bell is no change, and still comes with the next beat.
        for (hidden, unread) in [(1, 0), (0, 1)] {
            world.feed.hide(hidden);
            while client.next_of("heartbeat").await["unread_notifications"] != unread {}
        }
    })
    .await;
}

/// Follows a conversation on a connection that keeps breaking, until its view has reached `done` messages.
async fn follow(nodes: &[Node], device: &Device, conversation: &str, done: usize, seed: u64) -> View {
    let mut random = StdRng::seed_from_u64(seed);
    let mut view = View::default();
    while view.messages.len() < done {
        let node = &nodes[random.random_range(0..nodes.len())];
        let mut client = Client::open(node.address).await;
        client.hello(device, json!({"conversations": {conversation: view.seq}})).await;
        let patience = random.random_range(1..30);
        for _ in 0..patience {
            if view.messages.len() >= done {
                break;
            }
            let frame = client.next().await;
            if frame.get("conversation_id").is_some_and(|id| id == conversation) && !view.take(&frame) {
                client.send(json!({"type": "resume", "conversations": {conversation: view.seq}})).await;
            }
        }
    }
    view
}

async fn senders(nodes: &[Node], devices: [&Device; 2], conversation: &str, each: usize) {
    let sends = devices.iter().enumerate().map(async |(position, device)| {
        for turn in 0..each {
            let node = &nodes[(position + turn) % nodes.len()];
            let sent = node.send(device, conversation, &format!("c{turn}"), &format!("{position}/{turn}")).await;
            assert_eq!(sent["sender_id"], json!(device.user()));
        }
    });
    join_all(sends).await;
}

fn without_client_ids(mut messages: Vec<Value>) -> Vec<Value> {
    messages.iter_mut().for_each(|message| message["client_id"] = Value::Null);
    messages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_keeps_reconnecting_ends_with_exactly_what_the_database_holds() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let nodes = [Node::start(fresh, &world, settings()).await];
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = nodes[0].open(&ana, &ben).await;
        let each = 150;
        let followers = [(&ana, 1), (&ben, 2), (&ben, 3)];
        let follow = followers.map(|(device, seed)| follow(&nodes, device, &conversation, 2 * each, seed));
        let ((), views) = tokio::join!(senders(&nodes, [&ana, &ben], &conversation, each), join_all(follow));
        let stored = without_client_ids(nodes[0].history(&ana, &conversation).await);
        assert_eq!(stored.len(), 2 * each);
        for view in views {
            assert_eq!(without_client_ids(view.in_order()), stored);
        }
    })
    .await;
}

#[tokio::test]
async fn a_long_absence_is_answered_in_small_frames_and_a_very_long_one_with_a_gap() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        for turn in 0..1_001 {
            node.send(&ana, &conversation, &turn.to_string(), if turn % 100 == 0 { "long " } else { "hi" }).await;
        }
        let mut client = node.connect(&ben).await;
        client.send(json!({"type": "resume", "conversations": {conversation.clone(): 0}})).await;
        let gap = client.next().await;
        assert_eq!((&gap["type"], &gap["upto"]), (&json!("gap"), &json!(1_001)));
        let reference = client.send(json!({"type": "resume", "conversations": {conversation: 1}})).await;
        let mut view = View { seq: 1, ..View::default() };
        loop {
            let frame = client.next().await;
            if frame["ref"] == reference {
                break;
            }
            if frame["type"] == "rows" {
                assert_eq!(frame["from"], view.seq);
                assert!(frame.to_string().len() <= 16 * 1024, "{}", frame.to_string().len());
                assert!(view.take(&frame));
            }
        }
        assert_eq!((view.seq, view.messages.len()), (1_001, 1_000));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_over_one_postgresql_deliver_to_each_other() {
    let fresh = village_testkit::fresh_postgres().await;
    let world = World::new(&fresh).await;
    let stop = CancellationToken::new();
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let pool = fresh.db.postgres_pool().unwrap().clone();
        let live: SharedLive = Arc::new(PostgresLive::start(pool, stop.clone()).await.unwrap());
        nodes.push(Node::start_with(&fresh, &world, settings(), live).await);
    }
    let (ana, ben) = (world.person().await, world.person().await);
    let mut here = nodes[0].connect(&ana).await;
    let mut there = nodes[1].connect(&ben).await;
    let conversation = nodes[0].open(&ana, &ben).await;
    // Both nodes know of it: what others read before that shows only with the next mark.
    for client in [&mut here, &mut there] {
        assert_eq!(client.next_of("conversation").await["conversation"]["id"], json!(conversation));
    }
    let send = json!({"type": "send", "conversation_id": conversation, "client_id": "c1", "body": "hello"});
    assert_eq!(here.ask(send).await["type"], "ack");
    assert_eq!(there.next_of("message").await["message"]["body"], "hello");
    there.ask(json!({"type": "read", "conversation_id": conversation, "seq": 1})).await;
    assert_eq!(here.next_of("read").await["user_id"], json!(ben.user()));
    drop((here, there));

    let each = 100;
    let followers = [(&ana, 5), (&ben, 6)];
    let follow = followers.map(|(device, seed)| follow(&nodes, device, &conversation, 2 * each + 1, seed));
    let ((), views) = tokio::join!(
        async {
            let sends = [&ana, &ben].into_iter().enumerate().map(async |(position, device)| {
                for turn in 0..each {
                    nodes[(position + turn) % 2].send(device, &conversation, &format!("d{turn}"), "hi").await;
                }
            });
            join_all(sends).await;
        },
        join_all(follow)
    );
    let stored = without_client_ids(nodes[0].history(&ana, &conversation).await);
    let ids: HashSet<String> = stored.iter().map(|message| message["id"].to_string()).collect();
    assert_eq!((stored.len(), ids.len()), (2 * each + 1, 2 * each + 1));
    for view in views {
        assert_eq!(without_client_ids(view.in_order()), stored);
    }
    stop.cancel();
    drop(nodes);
    fresh.discard().await;
}
