//! Answers to `resume` that take long: what the reader may see is asked anew while they are written.

mod support;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;
use support::{Client, Device, Node, View, World, settings};
use village_testkit::{Fresh, on_both_engines};

/// More than one page of rows, and far more than fits into the buffers of a connection.
const MANY: usize = 210;

async fn fill(node: &Node, device: &Device, group: &str) {
    let body = "x".repeat(2_000);
    for turn in 0..MANY {
        node.send(device, group, &format!("c{turn}"), &body).await;
    }
}

#[tokio::test]
async fn whoever_is_removed_while_they_resume_gets_nothing_that_was_said_since() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let groups = [node.group(&ana, &[&ben]).await, node.group(&ana, &[&ben]).await];
        for group in &groups {
            fill(&node, &ana, group).await;
        }
        let mut client = node.connect(&ben).await;
        let marks = json!({groups[0].clone(): 1, groups[1].clone(): 1});
        let reference = client.send(json!({"type": "resume", "conversations": marks})).await;
        let first = client.next_of("rows").await;
        // Most of the answer has still to be read from the database, since he does not read on.
        for group in &groups {
            node.send(&ana, group, "before", "the last he sees").await;
            assert_eq!(node.remove(&ana, group, ben.user()).await.0, 204);
            node.send(&ana, group, "after", "not for him").await;
        }
        let mut views = [View { seq: 1, ..View::default() }, View { seq: 1, ..View::default() }];
        let mut frame = first;
        while frame["ref"] != json!(reference) {
            assert!(!frame.to_string().contains("not for him"), "{frame}");
            if frame["type"] == "rows" {
                let group = groups.iter().position(|group| frame["conversation_id"] == json!(group)).unwrap();
                assert!(views[group].take(&frame), "{frame}");
            }
            frame = client.next().await;
        }
        for (group, view) in groups.iter().zip(&views) {
            assert_eq!(view.in_order(), node.history(&ben, group).await[1..], "all that is his to see");
            assert_eq!(view.seq, node.last_seq(&ben, group).await);
        }
        // The same over REST, for who was here when they asked.
        let body = json!({"conversations": {groups[0].clone(): 1}});
        let synced = node.post(&ben, "/conversations/sync", body).await.1;
        assert_eq!(synced["conversations"][0]["messages"], json!(views[0].in_order()));
    })
    .await;
}

#[tokio::test]
async fn a_session_that_ends_is_not_served_to_the_end_of_a_long_answer() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben]).await;
        fill(&node, &ana, &group).await;
        let mut client = node.connect(&ben).await;
        client.send(json!({"type": "resume", "conversations": {group.clone(): 1}})).await;
        let mut got = client.next_of("rows").await["messages"].as_array().unwrap().len();
        // Sockets are closed in the order they came, so the first one knows when the second does.
        let mut idle = node.connect(&ben).await;
        world.tokens.revoke(&ben.viewer);
        assert_eq!(idle.closed().await, 4001);
        let code = loop {
            match client.next_or_close().await {
                Ok(frame) => got += frame["messages"].as_array().map_or(0, Vec::len),
                Err(code) => break code,
            }
        };
        assert_eq!(code, 4001);
        assert!(got < MANY / 2, "{got} messages were written to a session that had ended");
        // In `hello` as well.
        let device = world.device_of(ben.user());
        let mut client = Client::open(node.address).await;
        client.hello(&device, json!({"conversations": {group.clone(): 1}})).await;
        let mut idle = node.connect(&device).await;
        world.tokens.revoke(&device.viewer);
        assert_eq!(idle.closed().await, 4001);
        let mut got = 0;
        while let Ok(frame) = client.next_or_close().await {
            got += frame["messages"].as_array().map_or(0, Vec::len);
        }
        assert!(got < MANY / 2, "{got}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn catching_up_over_rest_while_things_change_misses_none_of_them() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Arc::new(Node::start(fresh, &world, settings()).await);
        let (ana, ben) = (world.person().await, world.person().await);
        let mut groups = Vec::new();
        for _ in 0..150 {
            groups.push(world.group(&fresh.db, &[&ana, &ben]).await);
        }
        let begin = groups.len() as i64;
        let changes = tokio::spawn({
            let (node, ben, groups) = (node.clone(), ben.clone(), groups.clone());
            async move {
                for group in &groups {
                    let draft = format!("/conversations/{group}/draft");
                    assert_eq!(node.put(&ben, &draft, json!({"body": "I th"})).await.0, 200);
                }
            }
        });
        let mut told = HashMap::new();
        let mut mark = begin;
        loop {
            let is_last = changes.is_finished();
            let asked = json!({"conversations": {}, "membership_seq": mark});
            let synced = node.post(&ben, "/conversations/sync", asked).await.1;
            for conversation in synced["memberships"].as_array().unwrap() {
                told.insert(conversation["id"].clone(), conversation["membership_seq"].clone());
            }
            mark = synced["membership_seq"].as_i64().unwrap();
            if is_last {
                break;
            }
        }
        changes.await.unwrap();
        assert_eq!(mark, 2 * begin);
        for group in &groups {
            assert_eq!(told.get(&json!(group)), Some(&node.shown(&ben, group).await["membership_seq"]), "{group}");
        }
    })
    .await;
}
