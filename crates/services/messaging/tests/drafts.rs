//! Drafts by their marks: late, repeated and simultaneous writes, and the message that a draft becomes.

mod support;

use futures::future::join_all;
use serde_json::{Value, json};
use support::{Device, Node, World, settings};
use village_testkit::{Fresh, on_both_engines};

/// Ana and Ben in a group.
struct Group {
    _world: World,
    node: Node,
    ana: Device,
    ben: Device,
    group: String,
}

impl Group {
    async fn new(fresh: &Fresh) -> Self {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben]).await;
        Self { _world: world, node, ana, ben, group }
    }
}

#[tokio::test]
async fn a_late_write_of_a_draft_changes_nothing() {
    on_both_engines(async |fresh: &Fresh| {
        let Group { _world, node, ana: _, ben, group } = Group::new(fresh).await;
        let path = format!("/conversations/{group}/draft");
        let write = async |body: &str, key: &str, revision: i64| {
            node.put(&ben, &path, json!({"body": body, "mark": {"key": key, "revision": revision}})).await
        };
        let shown = async || {
            let shown = node.shown(&ben, &group).await;
            (shown["draft"]["body"].clone(), shown["draft_mark"].clone())
        };
        assert_eq!(shown().await, (Value::Null, Value::Null));
        assert_eq!(write("tea", "a", 10).await.0, 200);
        assert_eq!(write("tea at", "a", 12).await.0, 200);
        assert_eq!(shown().await, (json!("tea at"), json!({"key": "a", "revision": 12})));
        // Repeated it is the same; older, or as new and another, it is refused.
        assert_eq!(write("tea at", "a", 12).await.0, 200);
        for (body, key, revision) in [("tea", "a", 10), ("tea", "a", 12), ("tea at", "b", 12), ("", "a", 11)] {
            let (status, problem) = write(body, key, revision).await;
            assert_eq!((status, &problem["code"]), (409, &json!("draft_outdated")), "{body} {key} {revision}");
        }
        // What was emptied stays empty.
        assert_eq!(write("", "a", 20).await, (200, Value::Null));
        assert_eq!(write("tea at three", "a", 15).await.0, 409);
        assert_eq!(shown().await, (Value::Null, json!({"key": "a", "revision": 20})));
        // Who says nothing about revisions writes over it, and is newer than it.
        assert_eq!(node.put(&ben, &path, json!({"body": "coffee"})).await.0, 200);
        let (body, mark) = shown().await;
        assert!(body == "coffee" && mark["revision"].as_i64() > Some(20), "{body} {mark}");
        assert_eq!(write("tea", "a", 21).await.0, 409);
        // Written upon something that is not there any more.
        let newest = mark["revision"].as_i64().unwrap();
        for (after, expected) in [(newest - 1, 409), (newest, 200)] {
            let mark = json!({"key": "b", "revision": newest + 5, "after": after});
            let (status, _) = node.put(&ben, &path, json!({"body": "cake", "mark": mark})).await;
            assert_eq!(status, expected);
        }
        // The same text goes on, also where nobody heard that its last write had arrived; one that was emptied does not.
        for (body, revision, expected) in
            [("cakes", newest + 6, 200), ("", newest + 7, 200), ("cakes", newest + 8, 409)]
        {
            let mark = json!({"key": "b", "revision": revision, "after": newest});
            let (status, _) = node.put(&ben, &path, json!({"body": body, "mark": mark})).await;
            assert_eq!(status, expected, "{body} {revision}");
        }
        // After the greatest revision there is none, and one that says nothing begins again.
        let greatest = (1_i64 << 53) - 1;
        assert_eq!(write("last", "a", greatest).await.0, 200);
        assert_eq!(write("more", "a", greatest).await.0, 409);
        assert_eq!(node.put(&ben, &path, json!({"body": "tea"})).await.0, 200);
        let (body, mark) = shown().await;
        assert!(body == "tea" && mark["revision"].as_i64() < Some(greatest), "{body} {mark}");
        for mark in [
            json!({"key": "a", "revision": 0}),
            json!({"key": "a b", "revision": 1}),
            json!({"key": "a".repeat(65), "revision": 1}),
            json!({"key": "a", "revision": 1_i64 << 53}),
            json!({"key": "a", "revision": 1, "after": -1}),
            json!({"key": "a", "revision": 1, "after": 1_i64 << 53}),
            json!({"key": "a"}),
        ] {
            let (status, _) = node.put(&ben, &path, json!({"body": "x", "mark": mark})).await;
            assert_eq!(status, 422, "{mark}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_draft_ends_with_the_message_that_it_was() {
    on_both_engines(async |fresh: &Fresh| {
        let Group { _world, node, ana, ben, group } = Group::new(fresh).await;
        let path = format!("/conversations/{group}/draft");
        let messages = format!("/conversations/{group}/messages");
        let write = async |body: &str, key: &str, revision: i64| {
            node.put(&ben, &path, json!({"body": body, "mark": {"key": key, "revision": revision}})).await.0
        };
        let send = async |client_id: &str, key: &str, revision: i64| {
            let mark = json!({"key": key, "revision": revision});
            node.post(&ben, &messages, json!({"client_id": client_id, "body": "tea", "draft": mark})).await.0
        };
        let shown = async || {
            let shown = node.shown(&ben, &group).await;
            (shown["draft"]["body"].clone(), shown["draft_mark"]["revision"].clone(), shown["membership_seq"].as_i64())
        };
        assert_eq!(write("tea", "a", 10).await, 200);
        let (.., before) = shown().await;
        assert_eq!(send("1", "a", 12).await, 201);
        let (body, revision, after) = shown().await;
        assert_eq!((body, revision, after), (Value::Null, json!(12), before.map(|seq| seq + 1)));
        // Under way while it was sent, and so too late; sent again it changes nothing.
        assert_eq!(write("te", "a", 11).await, 409);
        assert_eq!(send("1", "a", 13).await, 200);
        assert_eq!(shown().await, (Value::Null, json!(12), after));
        // A newer one, and one of another device, are no part of it.
        assert_eq!(write("and cake", "a", 30).await, 200);
        assert_eq!(send("2", "a", 20).await, 201);
        assert_eq!(shown().await.0, "and cake");
        assert_eq!(send("3", "b", 40).await, 201);
        assert_eq!(shown().await.0, "and cake");
        assert_eq!(write("late", "b", 35).await, 409);
        assert_eq!(send("4", "a", 50).await, 201);
        assert_eq!(shown().await.0, Value::Null);
        // One that was known when this was begun has become it; one that was not is another.
        assert_eq!(write("scones", "d", 52).await, 200);
        for (after, left) in [(51, json!("scones")), (106, Value::Null)] {
            let mark = json!({"key": "e", "revision": 55 + after, "after": after});
            node.post(
                &ben,
                &messages,
                json!({"client_id": format!("after {after}").replace(' ', "-"), "body": "x", "draft": mark}),
            )
            .await;
            assert_eq!(shown().await.0, left);
            if after == 51 {
                assert_eq!(shown().await.1, 106);
            }
        }
        // Sent before anything of the draft had arrived.
        node.put(&ana, &path, json!({"body": ""})).await;
        let mark = json!({"key": "c", "revision": 5});
        node.post(&ana, &messages, json!({"client_id": "1", "body": "tea", "draft": mark})).await;
        let (status, _) = node.put(&ana, &path, json!({"body": "te", "mark": {"key": "c", "revision": 4}})).await;
        assert_eq!(status, 409);
        // One that is refused ends nothing.
        assert_eq!(write("stays", "a", 300).await, 200);
        let mark = json!({"key": "a", "revision": 301, "after": -1});
        assert_eq!(node.post(&ben, &messages, json!({"client_id": "7", "body": "x", "draft": mark})).await.0, 422);
        let too_long = json!({"client_id": "5", "body": "", "draft": {"key": "a", "revision": 301}});
        assert_eq!(node.post(&ben, &messages, too_long).await.0, 422);
        assert_eq!(send("6", "a b", 301).await, 422);
        assert_eq!(shown().await.0, "stays");
    })
    .await;
}

#[tokio::test]
async fn of_drafts_written_at_the_same_time_the_newest_stays() {
    on_both_engines(async |fresh: &Fresh| {
        let Group { _world, node, ana: _, ben, group } = Group::new(fresh).await;
        let path = format!("/conversations/{group}/draft");
        let (node, ben) = (&node, &ben);
        join_all((1..=12_i64).rev().map(|revision| {
            let mark = json!({"key": "a", "revision": revision});
            node.put(ben, &path, json!({"body": format!("draft {revision}"), "mark": mark}))
        }))
        .await;
        assert_eq!(node.shown(ben, &group).await["draft"]["body"], "draft 12");
        let messages = format!("/conversations/{group}/messages");
        let writes = (20..32_i64).map(|revision| {
            let mark = json!({"key": "a", "revision": revision});
            node.put(ben, &path, json!({"body": format!("draft {revision}"), "mark": mark}))
        });
        let sent =
            node.post(ben, &messages, json!({"client_id": "1", "body": "sent", "draft": {"key": "a", "revision": 32}}));
        let (_, (status, _)) = tokio::join!(join_all(writes), sent);
        assert_eq!(status, 201);
        assert_eq!(node.shown(ben, &group).await["draft"], Value::Null);
    })
    .await;
}
