//! Messages that end.

mod support;

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use support::{Device, Node, World, renewed, settings};
use village_db::fetch_one;
use village_kernel::ConversationId;
use village_testkit::{Fresh, on_both_engines};

const HOUR: Duration = Duration::from_secs(3_600);

async fn keep_for(node: &Node, device: &Device, conversation: &str, seconds: Value) -> (u16, Value) {
    node.patch(device, &format!("/conversations/{conversation}"), json!({"retention_seconds": seconds})).await
}

fn bodies(history: &[Value]) -> Vec<&str> {
    history.iter().filter_map(|message| message["body"].as_str()).filter(|body| !body.is_empty()).collect()
}

async fn rows(fresh: &Fresh, table: &str, conversation: &str) -> i64 {
    let id: ConversationId = conversation.parse().unwrap();
    let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table} where conversation_id = $1"));
    let (count,): (i64,) = fetch_one!(&mut fresh.db.reader().await.unwrap(), sql, id).unwrap();
    count
}

#[tokio::test]
async fn what_is_older_than_a_conversation_keeps_is_gone_with_all_that_belongs_to_it() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let (direct, kept) = (node.open(&ana, &ben).await, node.group(&ana, &[&ben]).await);
        let media = world.images.add(ana.user());
        let message = json!({"client_id": "c1", "body": "the first word", "images": [{"media_id": media, "alt": ""}]});
        let (status, first) = node.post(&ana, &format!("/conversations/{direct}/messages"), message).await;
        assert_eq!(status, 201, "{first}");
        let path = format!("/conversations/{direct}/messages/{}", first["id"].as_str().unwrap());
        assert_eq!(node.patch(&ana, &path, json!({"body": "the first words"})).await.0, 200);
        assert_eq!(node.call(&ben, http::Method::PUT, &format!("{path}/reactions/%F0%9F%91%8D"), None).await.0, 200);
        assert_eq!(node.call(&ben, http::Method::PUT, &format!("{path}/pin"), None).await.0, 200);
        node.send(&ana, &kept, "c1", "kept").await;
        node.send(&ana, &direct, "c2", "second").await;
        // Either of the two decides.
        let (status, shown) = keep_for(&node, &ben, &direct, json!(3_600)).await;
        assert_eq!((status, &shown["retention_seconds"], &shown["pinned_count"]), (200, &json!(3_600), &json!(1)));
        fresh.clock.advance(Duration::from_secs(1_800));
        node.send(&ana, &direct, "c3", "third").await;
        assert_eq!(node.messaging.sweep_once().await.unwrap(), 0);
        assert_eq!(node.shown(&ben, &direct).await["unread_count"], 3);

        fresh.clock.advance(Duration::from_secs(1_800));
        assert_eq!(node.messaging.sweep_once().await.unwrap(), 3, "two messages and the event");
        assert_eq!(node.messaging.sweep_once().await.unwrap(), 0);
        let (ana, ben) = (renewed(&world, &ana), renewed(&world, &ben));
        assert_eq!(bodies(&node.history(&ana, &direct).await), ["third"]);
        assert_eq!(bodies(&node.history(&ana, &kept).await), ["kept"]);
        assert_eq!(node.get(&ana, &path).await.0, 404);
        let (_, found) = node.get(&ana, "/conversations/search?q=first").await;
        assert_eq!(found["items"], json!([]));
        let shown = node.shown(&ben, &direct).await;
        assert_eq!(
            (&shown["unread_count"], &shown["pinned_count"], &shown["last_message"]["body"]),
            (&json!(1), &json!(0), &json!("third"))
        );
        assert_eq!(node.get(&ben, "/conversations/unread").await.1["unread_count"], 2);
        assert!(!world.images.in_use().contains(&media));
        for table in ["messaging_images", "messaging_reactions", "messaging_edits"] {
            assert_eq!(rows(fresh, table, &direct).await, 0, "{table}");
        }
        assert_eq!(rows(fresh, "messaging_messages", &direct).await, 1);
        // Resuming from before tells only what is still there.
        let mut client = node.connect(&ben).await;
        client.send(json!({"type": "resume", "conversations": {direct.clone(): 0}})).await;
        let rows = client.next_of("rows").await;
        assert_eq!((rows["messages"].as_array().unwrap().len(), &rows["upto"]), (1, &shown["last_seq"]));
        // Read marks go on: of what is left, nothing is unread.
        let path = format!("/conversations/{direct}/read");
        let (_, state) = node.put(&ben, &path, json!({"seq": 2})).await;
        assert_eq!(state, json!({"read_seq": 2, "unread_count": 1}));
        let (_, state) = node.put(&ben, &path, json!({"seq": 100})).await;
        assert_eq!(state["unread_count"], 0);
        // Nobody wants that any more.
        assert_eq!(keep_for(&node, &ana, &direct, Value::Null).await.1["retention_seconds"], Value::Null);
        fresh.clock.advance(HOUR);
        assert_eq!(node.messaging.sweep_once().await.unwrap(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_sweep_at_once_delete_each_message_once_however_many_there_are() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let nodes = [Node::start(fresh, &world, settings()).await, Node::start(fresh, &world, settings()).await];
        let (ana, ben) = (world.person().await, world.person().await);
        let mut conversations = Vec::new();
        for _ in 0..3 {
            let group = nodes[0].group(&ana, &[&ben]).await;
            keep_for(&nodes[0], &ana, &group, json!(3_600)).await;
            for turn in 0..250 {
                nodes[0].send(&ana, &group, &turn.to_string(), "hello").await;
            }
            conversations.push(group);
        }
        fresh.clock.advance(HOUR);
        let sweeps = (0..4).map(|turn| {
            let messaging = nodes[turn % 2].messaging.clone();
            tokio::spawn(async move { messaging.sweep_once().await.unwrap() })
        });
        let deleted: u64 = join_all(sweeps).await.into_iter().map(Result::unwrap).sum();
        assert_eq!(deleted, 3 * 252);
        let (ana, ben) = (renewed(&world, &ana), renewed(&world, &ben));
        for conversation in &conversations {
            assert_eq!(rows(fresh, "messaging_messages", conversation).await, 0);
            assert_eq!(nodes[0].shown(&ben, conversation).await["unread_count"], 0);
            // It goes on where it was.
            let message = nodes[1].send(&ana, conversation, "next", "hello again").await;
            assert_eq!((&message["seq"], &message["number"]), (&json!(253), &json!(251)));
            assert_eq!(nodes[0].shown(&ben, conversation).await["unread_count"], 1);
        }
    })
    .await;
}

#[tokio::test]
async fn a_conversation_that_cannot_be_swept_holds_up_no_other() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let mut groups = Vec::new();
        for _ in 0..3 {
            groups.push(node.group(&ana, &[&ben]).await);
        }
        // They are swept in this order.
        groups.sort();
        let mut images = Vec::new();
        for group in &groups {
            keep_for(&node, &ana, group, json!(3_600)).await;
            let image = world.images.add(ana.user());
            let body = json!({"body": "hello", "images": [{"media_id": image, "alt": ""}]});
            assert_eq!(node.post_message(&ana, group, body).await.0, 201);
            images.push(image);
        }
        world.images.hold_fast(images[0]);
        fresh.clock.advance(HOUR);
        assert_eq!(node.messaging.sweep_once().await.unwrap(), 2 * 3, "two events and a message in each of two");
        let left: Vec<i64> = join_all(groups.iter().map(|group| rows(fresh, "messaging_messages", group))).await;
        assert_eq!(left, [3, 0, 0]);
    })
    .await;
}
