//! What is unread: what somebody would still have to read, and nothing that is no longer there.

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{Device, Node, World, settings};
use village_testkit::{Fresh, on_both_engines};

/// What the conversation, the list and the total say is unread; the last two only count what was accepted.
async fn unread(node: &Node, device: &Device, conversation: &str) -> [Option<i64>; 3] {
    let (_, list) = node.get(device, "/conversations?limit=100").await;
    let listed = list["items"].as_array().unwrap().iter().find(|item| item["id"] == conversation);
    let total = node.get(device, "/conversations/unread").await.1["unread_count"].as_i64();
    let shown = node.shown(device, conversation).await["unread_count"].as_i64();
    [shown, listed.and_then(|item| item["unread_count"].as_i64()), total]
}

async fn read(node: &Node, device: &Device, conversation: &str, seq: &Value) -> Value {
    let (status, state) = node.put(device, &format!("/conversations/{conversation}/read"), json!({"seq": seq})).await;
    assert_eq!(status, 200, "{state}");
    state
}

fn all(count: i64) -> [Option<i64>; 3] {
    [Some(count); 3]
}

#[tokio::test]
async fn a_message_that_was_deleted_is_unread_nowhere() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, tom) = (world.person().await, world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben, &tom]).await;
        let mut sent = Vec::new();
        for turn in 0..6 {
            sent.push(node.send(&ana, &group, &turn.to_string(), "hello").await);
        }
        assert_eq!(unread(&node, &ben, &group).await, all(6));
        for _ in 0..2 {
            assert_eq!(node.erase(&ana, &group, &sent[1]).await.0, 200);
            assert_eq!(unread(&node, &ben, &group).await, all(5), "once, also when it is deleted again");
        }
        assert_eq!(read(&node, &ben, &group, &sent[0]["seq"]).await["unread_count"], 4);
        assert_eq!(node.erase(&ana, &group, &sent[0]).await.0, 200);
        assert_eq!(unread(&node, &ben, &group).await, all(4), "that one was read");
        assert_eq!(read(&node, &ben, &group, &sent[1]["seq"]).await["unread_count"], 4);
        assert_eq!(node.erase(&ana, &group, &sent[5]).await.0, 200);
        assert_eq!(read(&node, &ben, &group, &sent[2]["seq"]).await["unread_count"], 2);
        // A mark that was there already is answered with the same.
        assert_eq!(read(&node, &ben, &group, &sent[0]["seq"]).await["unread_count"], 2);
        assert_eq!(unread(&node, &tom, &group).await, all(3));

        // A member who comes later never had it to read; nor has one who comes back.
        let eve = world.person().await;
        assert_eq!(node.add(&ana, &group, &[&eve]).await.0, 200);
        assert_eq!(node.erase(&ana, &group, &sent[3]).await.0, 200);
        let late = node.send(&ana, &group, "late", "hello").await;
        assert_eq!(unread(&node, &eve, &group).await[0], Some(1));
        assert_eq!(node.erase(&ana, &group, &late).await.0, 200);
        assert_eq!(unread(&node, &eve, &group).await[0], Some(0));
        assert_eq!(node.remove(&tom, &group, tom.user()).await.0, 204);
        assert_eq!(node.erase(&ana, &group, &sent[4]).await.0, 200);
        assert_eq!(node.shown(&tom, &group).await["unread_count"], 0);
        assert_eq!(node.add(&ana, &group, &[&tom]).await.0, 200);
        assert_eq!(unread(&node, &tom, &group).await[0], Some(0));
        node.send(&ana, &group, "after", "hello").await;
        assert_eq!(unread(&node, &tom, &group).await[0], Some(1));
        assert_eq!(unread(&node, &ben, &group).await, all(1));
        // Who writes has read all before.
        node.send(&ben, &group, "own", "hello").await;
        assert_eq!(unread(&node, &ben, &group).await, all(0));
    })
    .await;
}

#[tokio::test]
async fn what_was_deleted_and_has_ended_since_is_not_taken_off_twice() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let talk = node.open(&ana, &ben).await;
        let gone = node.send(&ana, &talk, "1", "hello").await;
        node.send(&ana, &talk, "2", "hello").await;
        assert_eq!(node.erase(&ana, &talk, &gone).await.0, 200);
        let hour = json!({"retention_seconds": 3_600});
        assert_eq!(node.patch(&ana, &format!("/conversations/{talk}"), hour).await.0, 200);
        fresh.clock.advance(Duration::from_secs(1_800));
        let young = node.send(&ana, &talk, "3", "hello").await;
        node.send(&ana, &talk, "4", "hello").await;
        assert_eq!(node.erase(&ana, &talk, &young).await.0, 200);
        assert_eq!(unread(&node, &ben, &talk).await, all(2));
        fresh.clock.advance(Duration::from_secs(1_800));
        assert_eq!(node.messaging.sweep_once().await.unwrap(), 3);
        let ben = support::renewed(&world, &ben);
        assert_eq!(unread(&node, &ben, &talk).await, all(1));
        assert_eq!(read(&node, &ben, &talk, &json!(2)).await["unread_count"], 1);
        assert_eq!(read(&node, &ben, &talk, &json!(100)).await["unread_count"], 0);
    })
    .await;
}

#[tokio::test]
async fn every_device_is_told_the_same_number_and_as_of_when() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let talk = node.open(&ana, &ben).await;
        let mut phone = node.connect(&ben).await;
        let mut sent = Vec::new();
        for turn in 0..4 {
            sent.push(node.send(&ana, &talk, &turn.to_string(), "hello").await);
        }
        assert_eq!(node.erase(&ana, &talk, &sent[2]).await.0, 200);
        // The tombstone itself says what to take off.
        let tombstone = loop {
            let frame = phone.next_of("message").await;
            if frame["message"]["deleted_at"].is_string() {
                break frame;
            }
        };
        assert_eq!((&tombstone["seq"], &tombstone["message"]["seq"]), (&json!(5), &json!(3)));
        assert_eq!(read(&node, &ben, &talk, &json!(1)).await, json!({"read_seq": 1, "unread_count": 2}));
        let told = loop {
            let frame = phone.next_of("read").await;
            if frame["user_id"] == json!(ben.user()) {
                break frame;
            }
        };
        let expected = (&json!(2), &json!(5), &json!(4));
        assert_eq!((&told["unread_count"], &told["last_seq"], &told["last_number"]), expected, "{told}");
        let muted = json!({"notify": "none"});
        assert_eq!(node.put(&ben, &format!("/conversations/{talk}/settings"), muted).await.0, 200);
        assert_eq!(phone.next_of("conversation").await["conversation"]["unread_count"], 2);
        // On the socket a mark is answered alike.
        let answer = phone.ask(json!({"type": "read", "conversation_id": talk, "seq": 2})).await;
        assert_eq!(answer["result"], json!({"read_seq": 2, "unread_count": 1}));
    })
    .await;
}

#[tokio::test]
async fn as_many_pins_are_counted_as_are_listed_to_each_member() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben]).await;
        let (first, second) = (node.send(&ana, &group, "1", "a").await, node.send(&ana, &group, "2", "b").await);
        assert_eq!(node.pin(&ana, &group, &first, true).await.0, 200);
        assert_eq!(node.add(&ana, &group, &[&eve]).await.0, 200);
        let third = node.send(&ana, &group, "3", "c").await;
        assert_eq!(node.pin(&ana, &group, &third, true).await.0, 200);
        assert_eq!(node.remove(&ben, &group, ben.user()).await.0, 204);
        assert_eq!(node.pin(&ana, &group, &second, true).await.0, 200);
        for (device, count) in [(&ana, 3), (&eve, 1), (&ben, 2)] {
            let listed = node.get(device, &format!("/conversations/{group}/pins")).await.1;
            assert_eq!(listed["items"].as_array().unwrap().len(), count, "{listed}");
            assert_eq!(node.shown(device, &group).await["pinned_count"], count);
        }
    })
    .await;
}
