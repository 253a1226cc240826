//! What is told and not stored: who writes, and who is here.

mod support;

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use support::{Client, Device, Node, World, refused, settings};
use village_messaging::MessagingSettings;
use village_testkit::{Fresh, on_both_engines};

fn quick() -> MessagingSettings {
    MessagingSettings { presence_grace: Duration::from_millis(20), ..settings() }
}

async fn type_in(client: &mut Client, conversation: &str) -> Value {
    client.ask(json!({"type": "typing", "conversation_id": conversation})).await
}

async fn watch(client: &mut Client, people: &[&Device]) -> Value {
    let ids: Vec<_> = people.iter().map(|device| device.user()).collect();
    let answer = client.ask(json!({"type": "watch", "user_ids": ids})).await;
    assert_eq!(answer["type"], "ack", "{answer}");
    answer["result"]["present"].clone()
}

/// The next frame of a kind, if it comes before the answer to a question asked now.
async fn heard(client: &mut Client, kind: &str) -> Option<Value> {
    let reference = client.send(json!({"type": "ping"})).await;
    loop {
        let frame = client.next().await;
        if frame["type"] == kind {
            return Some(frame);
        }
        if frame["ref"] == reference {
            return None;
        }
    }
}

#[tokio::test]
async fn who_writes_is_told_to_the_others_who_have_accepted_and_to_nobody_else() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve, tom) =
            (world.person().await, world.person().await, world.person().await, world.person().await);
        let group = world.group(&fresh.db, &[&ana, &ben, &eve]).await;
        world.set_state(&fresh.db, &group, &eve, "requested").await;
        let mut writes = node.connect(&ana).await;
        let mut hears = node.connect(&ben).await;
        let mut asked = node.connect(&eve).await;
        let mut stranger = node.connect(&tom).await;
        assert_eq!(type_in(&mut writes, &group).await["result"], json!({}));
        let frame = hears.next_of("typing").await;
        assert_eq!((&frame["conversation_id"], &frame["user_id"]), (&json!(group), &json!(ana.user())));
        // Again at once: acknowledged, and not passed on. What comes after is.
        assert_eq!(type_in(&mut writes, &group).await["result"], json!({}));
        node.send(&ana, &group, "1", "hello").await;
        for client in [&mut hears, &mut asked, &mut writes] {
            loop {
                let frame = client.next().await;
                assert_ne!(frame["type"], "typing", "{frame}");
                if frame["type"] == "message" {
                    break;
                }
            }
        }
        assert_eq!(type_in(&mut asked, &group).await["type"], "ack");
        assert_eq!(type_in(&mut stranger, &group).await["code"], "not_found");
        // Theirs was not passed on either: the next thing heard is the message.
        node.send(&ana, &group, "2", "hello").await;
        loop {
            let frame = hears.next().await;
            assert_ne!(frame["type"], "typing", "{frame}");
            if frame["type"] == "message" {
                break;
            }
        }
        world.leave(&fresh.db, &group, &ben).await;
        assert_eq!(type_in(&mut hears, &group).await["code"], "not_found");
    })
    .await;
}

#[tokio::test]
async fn in_large_groups_and_across_blocks_nobody_is_seen_writing() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let people: Vec<Device> = futures::future::join_all((0..51).map(|_| world.person())).await;
        let all: Vec<&Device> = people.iter().collect();
        let (large, small) = (world.group(&fresh.db, &all).await, world.group(&fresh.db, &all[..3]).await);
        world.people.block(people[0].user(), people[2].user()).await;
        let mut writes = node.connect(&people[0]).await;
        let mut hears = node.connect(&people[1]).await;
        let mut blocked = node.connect(&people[2]).await;
        assert_eq!(type_in(&mut writes, &large).await["type"], "ack");
        assert_eq!(type_in(&mut writes, &small).await["type"], "ack");
        assert_eq!(hears.next_of("typing").await["conversation_id"], json!(small), "not of the large one");
        assert_eq!(heard(&mut blocked, "typing").await, None);
    })
    .await;
}

#[tokio::test]
async fn people_who_share_a_conversation_see_each_other_come_and_go() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, quick()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        node.open(&ana, &ben).await;
        let mut watcher = node.connect(&ana).await;
        let (first, second) = (node.connect(&ben).await, node.connect(&world.device_of(ben.user())).await);
        let stranger = node.connect(&eve).await;
        let path = format!("/messaging/presence?user_ids={},{}", ben.user(), eve.user());
        // Whoever has just come is shown a moment later.
        support::eventually("ben is shown", async || {
            node.get(&ana, &path).await.1["items"] == json!([{"user_id": ben.user(), "present": true}])
        })
        .await;
        assert_eq!(watch(&mut watcher, &[&ben, &eve]).await, json!([ben.user()]), "eve is none of her business");
        drop(first);
        drop(second);
        drop(stranger);
        let frame = watcher.next_of("presence").await;
        assert_eq!((&frame["user_id"], &frame["present"]), (&json!(ben.user()), &json!(false)));
        let mut back = node.connect(&ben).await;
        assert_eq!(watcher.next_of("presence").await["present"], true);
        // Hidden is gone, and sees nobody; shown again is back.
        let set = async |presence: bool| {
            let body = json!({"presence": presence});
            assert_eq!(node.call(&ben, Method::PATCH, "/messaging/settings", Some(body)).await.0, 200);
        };
        assert_eq!(watch(&mut back, &[&ana]).await, json!([ana.user()]));
        set(false).await;
        assert_eq!(watcher.next_of("presence").await["present"], false);
        assert_eq!(watch(&mut back, &[&ana]).await, json!([]));
        assert_eq!(node.get(&ben, &format!("/messaging/presence?user_ids={}", ana.user())).await.1["items"], json!([]));
        assert_eq!(node.get(&ana, &path).await.1["items"], json!([]));
        set(true).await;
        assert_eq!(watcher.next_of("presence").await["present"], true);
        // A block ends it, and later comings and goings are not told.
        world.people.block(ben.user(), ana.user()).await;
        drop(back);
        assert_eq!(watcher.next_of("presence").await["present"], false);
        let _again = node.connect(&ben).await;
        assert_eq!(watch(&mut watcher, &[&ben]).await, json!([]));
        assert_eq!(heard(&mut watcher, "presence").await, None);
    })
    .await;
}

#[tokio::test]
async fn only_conversations_that_both_have_accepted_show_presence() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, quick()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let mut watcher = node.connect(&ana).await;
        let _here = node.connect(&ben).await;
        for state in ["requested", "declined"] {
            world.set_state(&fresh.db, &conversation, &ben, state).await;
            assert_eq!(watch(&mut watcher, &[&ben]).await, json!([]));
        }
        world.set_state(&fresh.db, &conversation, &ben, "active").await;
        support::eventually("ben is shown", async || {
            let path = format!("/messaging/presence?user_ids={}", ben.user());
            node.get(&ana, &path).await.1["items"][0]["present"] == true
        })
        .await;
        assert_eq!(watch(&mut watcher, &[&ben]).await, json!([ben.user()]));
        let many: Vec<String> = (0..101).map(|_| uuid::Uuid::now_v7().to_string()).collect();
        assert_eq!(watcher.ask(json!({"type": "watch", "user_ids": many})).await["code"], "invalid_request");
        let path = format!("/messaging/presence?user_ids={}", many.join(","));
        refused(node.get(&ana, &path).await, 422, "invalid_request");
        for query in ["", "?user_ids=", "?user_ids=x"] {
            assert_eq!(node.get(&ana, &format!("/messaging/presence{query}")).await.0, 422, "{query}");
        }
    })
    .await;
}
