//! What a block, and a suspension, mean in conversations that both are in; and that neither is told.

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use support::{Client, Device, Node, World, message_path, refused, settings};
use village_live::{Hint, Topic};
use village_messaging::MessagingSettings;
use village_testkit::{Fresh, on_both_engines};

/// Emoji and how many gave it, as a message counts them.
fn counted(message: &Value) -> BTreeMap<String, i64> {
    let reactions = message["reactions"].as_array().unwrap().iter();
    reactions.map(|one| (one["emoji"].as_str().unwrap().to_owned(), one["count"].as_i64().unwrap())).collect()
}

/// The same, of the list of those who gave them; read in pages of one.
async fn listed(node: &Node, device: &Device, conversation: &str, message: &Value) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let path = format!("{}/reactions?limit=1&cursor={cursor}", message_path(conversation, message));
        let (status, page) = node.get(device, &path).await;
        assert_eq!(status, 200, "{page}");
        for item in page["items"].as_array().unwrap() {
            *counts.entry(item["emoji"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return counts,
        }
    }
}

fn counts(expected: &[(&str, i64)]) -> BTreeMap<String, i64> {
    expected.iter().map(|(emoji, count)| ((*emoji).to_owned(), *count)).collect()
}

/// The next `message` frame of a change.
async fn change(client: &mut Client, changed_seq: &Value) -> Value {
    loop {
        let frame = client.next_of("message").await;
        if &frame["seq"] == changed_seq {
            return frame["message"].clone();
        }
    }
}

#[tokio::test]
async fn reactions_of_somebody_blocked_are_neither_counted_nor_listed_to_the_blocker() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve, tom) =
            (world.person().await, world.person().await, world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben, &eve, &tom]).await;
        let message = node.send(&ana, &group, "1", "hello").await;
        for (device, emoji) in [(&ben, "👍"), (&ben, "❤️"), (&eve, "👍"), (&tom, "👍")] {
            assert_eq!(node.react(device, &group, &message, emoji).await.0, 200);
        }
        assert_eq!(node.remove(&tom, &group, tom.user()).await.0, 204);
        let everything = counts(&[("👍", 3), ("❤️", 1)]);
        let (mut sees, mut sees_all) = (node.connect(&ana).await, node.connect(&ben).await);
        world.people.block(ana.user(), ben.user()).await;
        world.people.suspend(eve.user()).await;
        world.people.block(tom.user(), ben.user()).await;
        // Who is suspended stays in what they did before, in the count and the list alike.
        for (device, expected) in [
            (&ana, counts(&[("👍", 2)])),
            (&tom, counts(&[("👍", 2)])),
            (&ben, everything.clone()),
            (&eve, everything.clone()),
        ] {
            let (_, shown) = node.message(device, &group, &message).await;
            assert_eq!(counted(&shown), expected);
            assert_eq!(listed(&node, device, &group, &message).await, expected);
            let history = node.history(device, &group).await;
            assert_eq!(counted(&history[1]), expected, "{history:?}");
        }
        let request = json!({"conversations": {group.clone(): 0}});
        let (_, missed) = node.post(&ana, "/conversations/sync", request).await;
        let rows = missed["conversations"][0]["messages"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == message["id"]).unwrap();
        assert_eq!(counted(row), counts(&[("👍", 2)]));
        // Live: each is sent their own.
        let (_, reacted) = node.react(&ben, &group, &message, "🎉").await;
        assert_eq!(counted(&reacted), counts(&[("👍", 3), ("❤️", 1), ("🎉", 1)]), "{reacted}");
        assert_eq!(counted(&change(&mut sees, &reacted["changed_seq"]).await), counts(&[("👍", 2)]));
        assert_eq!(counted(&change(&mut sees_all, &reacted["changed_seq"]).await), counted(&reacted));
        let (_, reacted) = node.react(&ana, &group, &message, "🎉").await;
        assert_eq!(counted(&reacted), counts(&[("👍", 2), ("🎉", 1)]));
        assert_eq!(counted(&change(&mut sees_all, &reacted["changed_seq"]).await)["🎉"], 2, "his stays his");

        world.people.unblock(ana.user(), ben.user()).await;
        assert_eq!(counted(&node.message(&ana, &group, &message).await.1)["👍"], 3);
        assert_eq!(listed(&node, &ana, &group, &message).await["❤️"], 1);
    })
    .await;
}

#[tokio::test]
async fn nobody_vanishes_from_a_group_and_no_marks_pass_between_the_two() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve, tom) =
            (world.person().await, world.person().await, world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben, &eve, &tom]).await;
        let seq = node.send(&ana, &group, "1", "hello").await["seq"].clone();
        for device in [&ben, &eve, &tom] {
            node.put(device, &format!("/conversations/{group}/read"), json!({"seq": seq})).await;
        }
        world.people.block(ana.user(), ben.user()).await;
        world.people.suspend(eve.user()).await;
        let marks = async |device: &Device| -> BTreeMap<String, bool> {
            let (_, page) = node.get(device, &format!("/conversations/{group}/members")).await;
            let items = page["items"].as_array().unwrap();
            assert_eq!(node.shown(device, &group).await["member_count"], items.len(), "{page}");
            items
                .iter()
                .map(|item| (item["user"]["id"].as_str().unwrap().to_owned(), !item["read_seq"].is_null()))
                .collect()
        };
        let [a, b, e, t] = [&ana, &ben, &eve, &tom].map(|device| device.user().to_string());
        let shown = |who: [bool; 4]| {
            BTreeMap::from([(a.clone(), who[0]), (b.clone(), who[1]), (e.clone(), who[2]), (t.clone(), who[3])])
        };
        assert_eq!(marks(&ana).await, shown([true, false, false, true]));
        assert_eq!(marks(&ben).await, shown([false, true, false, true]));
        assert_eq!(marks(&tom).await, shown([true, true, false, true]));
        // The blocked person goes on as before, for everybody.
        let mut blocker = node.connect(&ana).await;
        let (status, said) = node.try_send(&ben, &group, "2", "still here").await;
        assert_eq!(status, 201);
        assert_eq!(change(&mut blocker, &said["seq"]).await["body"], "still here", "her app folds it");
        assert_eq!(node.erase(&ana, &group, &said).await.0, 200);
    })
    .await;
}

fn quick() -> MessagingSettings {
    MessagingSettings { presence_grace: Duration::from_millis(20), ..settings() }
}

#[tokio::test]
async fn whoever_is_suspended_is_not_shown_as_here_writing_or_reading() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, quick()).await;
        let (ana, ben, tom) = (world.person().await, world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben, &tom]).await;
        let seq = node.send(&ana, &group, "1", "hello").await["seq"].clone();
        let mut watcher = node.connect(&ana).await;
        let mut suspended = node.connect(&ben).await;
        let path = format!("/messaging/presence?user_ids={}", ben.user());
        support::eventually("ben is here", async || {
            node.get(&ana, &path).await.1["items"][0]["present"] == json!(true)
        })
        .await;
        let watch = json!({"type": "watch", "user_ids": [ben.user()]});
        assert_eq!(watcher.ask(watch.clone()).await["result"]["present"], json!([ben.user()]));
        world.people.suspend(ben.user()).await;
        fresh.live.publish(Hint::new(Topic::Account, ben.user()));
        let gone = watcher.next_of("presence").await;
        assert_eq!((&gone["user_id"], &gone["present"]), (&json!(ben.user()), &json!(false)));
        assert_eq!(node.get(&ana, &path).await.1["items"], json!([]));
        assert_eq!(watcher.ask(watch).await["result"]["present"], json!([]));
        // The socket of this double stays open: nothing that comes through it is passed on.
        suspended.ask(json!({"type": "typing", "conversation_id": group})).await;
        suspended.ask(json!({"type": "read", "conversation_id": group, "seq": seq})).await;
        suspended.ask(json!({"type": "delivered", "conversations": {group.clone(): seq}})).await;
        let mut writes = node.connect(&tom).await;
        writes.ask(json!({"type": "typing", "conversation_id": group})).await;
        loop {
            let frame = watcher.next().await;
            assert_ne!(frame["user_id"], json!(ben.user()), "{frame}");
            if frame["type"] == "typing" {
                break;
            }
        }
    })
    .await;
}

/// Everything that Ben can find out of a direct conversation once Ana is out of reach.
async fn findings(world: &World, node: &Node, accepted: bool, shut: impl AsyncFn(&Device, &Device)) -> Vec<Value> {
    let (ana, ben) = match accepted {
        true => (world.person().await, world.person().await),
        false => (world.stranger().await, world.stranger().await),
    };
    let talk = node.open(&ben, &ana).await;
    let own = node.send(&ben, &talk, "1", "hello").await;
    if accepted {
        node.put(&ana, &format!("/conversations/{talk}/read"), json!({"seq": 1})).await;
    }
    let _here = node.connect(&ana).await;
    let mut socket = node.connect(&ben).await;
    shut(&ana, &ben).await;
    let problem = |(status, problem): (u16, Value)| json!([status, problem["code"], problem["detail"]]);
    let mut found = vec![
        problem(node.try_send(&ben, &talk, "2", "hello?").await),
        problem(node.edit(&ben, &talk, &own, "good morning").await),
        problem(node.react(&ben, &talk, &own, "👍").await),
        problem(node.pin(&ben, &talk, &own, true).await),
        problem(node.patch(&ben, &format!("/conversations/{talk}"), json!({"retention_seconds": 3_600})).await),
        problem(node.post(&ben, "/conversations", json!({"user_id": ana.user()})).await),
        problem(node.post(&ben, "/conversations/groups", json!({"name": "Us", "member_ids": [ana.user()]})).await),
    ];
    for frame in [
        json!({"type": "send", "conversation_id": talk, "client_id": "3", "body": "hello?"}),
        json!({"type": "typing", "conversation_id": talk}),
        json!({"type": "watch", "user_ids": [ana.user()]}),
    ] {
        let answer = socket.ask(frame).await;
        found.push(json!([answer["code"], answer["message"], answer["result"]]));
    }
    let (_, here) = node.get(&ben, &format!("/messaging/presence?user_ids={}", ana.user())).await;
    found.push(here["items"].clone());
    let shown = node.shown(&ben, &talk).await;
    for field in ["can_send", "peer_read_seq", "peer_delivered_seq", "state", "unread_count", "member_count"] {
        found.push(shown[field].clone());
    }
    let (_, members) = node.get(&ben, &format!("/conversations/{talk}/members")).await;
    let marks = |item: &Value| json!([item["user"]["id"] == json!(ana.user()), item["read_seq"], item["state"]]);
    let mut marks: Vec<Value> = members["items"].as_array().unwrap().iter().map(marks).collect();
    marks.sort_by_key(Value::to_string);
    found.push(json!(marks));
    // What he said himself he can still take back.
    found.push(json!(node.erase(&ben, &talk, &own).await.0));
    found
}

#[tokio::test]
async fn a_block_cannot_be_told_from_a_suspension() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        for accepted in [true, false] {
            let block = async |ana: &Device, ben: &Device| world.people.block(ana.user(), ben.user()).await;
            let blocked = findings(&world, &node, accepted, block).await;
            let suspend = async |ana: &Device, _: &Device| world.people.suspend(ana.user()).await;
            let suspended = findings(&world, &node, accepted, suspend).await;
            assert_eq!(blocked, suspended);
            let sentence = "You cannot send messages in this conversation.";
            assert_eq!(blocked[0], json!([403, "cannot_send", sentence]));
            assert_eq!(blocked[5][0], 404, "{blocked:?}");
            assert_eq!(blocked[7], json!(["cannot_send", sentence, null]));
        }
    })
    .await;
}

#[tokio::test]
async fn the_blocker_s_devices_learn_that_the_list_has_changed_and_nobody_else_does() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let limits = MessagingSettings { heartbeat: Duration::from_millis(200), ..quick() };
        let node = Node::start(fresh, &world, limits).await;
        let (ana, ben) = (world.person().await, world.person().await);
        node.group(&ana, &[&ben]).await;
        let mut phone = Client::open(node.address).await;
        assert_eq!(phone.hello(&ana, Value::Null).await["blocks"], "0");
        let mut other = node.connect(&ben).await;
        support::eventually("ana is here", async || {
            let path = format!("/messaging/presence?user_ids={}", ana.user());
            node.get(&ben, &path).await.1["items"][0]["present"] == json!(true)
        })
        .await;
        let watch = json!({"type": "watch", "user_ids": [ana.user()]});
        assert_eq!(other.ask(watch).await["result"]["present"], json!([ana.user()]));

        let announce = || {
            fresh.live.publish(Hint::new(Topic::Blocks, ana.user()));
            for user in [ana.user(), ben.user()] {
                fresh.live.publish(Hint::new(Topic::Presence, user).mark(2));
            }
        };
        world.people.block(ana.user(), ben.user()).await;
        announce();
        let mark = phone.next_of("blocks").await["blocks"].clone();
        assert_ne!(mark, "0");
        let mut again = Client::open(node.address).await;
        assert_eq!(again.hello(&world.device_of(ana.user()), Value::Null).await["blocks"], mark);
        // Where the hint is lost the next heartbeat says it.
        while phone.next_of("heartbeat").await["blocks"] != mark {}
        // Ben sees her go, as when she goes.
        loop {
            let frame = other.next().await;
            assert_ne!(frame["type"], "blocks", "{frame}");
            if frame["type"] == "presence" {
                assert_eq!(frame["present"], false);
                break;
            }
        }
        assert_eq!(other.next_of("heartbeat").await["blocks"], "0");
        world.people.unblock(ana.user(), ben.user()).await;
        announce();
        assert_eq!(phone.next_of("blocks").await["blocks"], "0");
        assert_eq!(other.next_of("presence").await["present"], true);
    })
    .await;
}

#[tokio::test]
async fn a_channel_s_conversation_knows_blocks_as_a_group_does() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let channel = world.channels.add(&[ana.user(), ben.user()]);
        world.people.block(ana.user(), ben.user()).await;
        let path = format!("/conversations/channels/{channel}");
        let talk = node.call(&ana, Method::PUT, &path, None).await.1["id"].as_str().unwrap().to_owned();
        assert_eq!(node.call(&ben, Method::PUT, &path, None).await.0, 201);
        let message = node.send(&ben, &talk, "1", "hello").await;
        assert_eq!(node.react(&ben, &talk, &message, "👍").await.0, 200);
        assert_eq!(counted(&node.message(&ana, &talk, &message).await.1), counts(&[]));
        assert_eq!(listed(&node, &ana, &talk, &message).await, counts(&[]));
        assert_eq!(counted(&node.message(&ben, &talk, &message).await.1), counts(&[("👍", 1)]));
        assert_eq!(node.shown(&ana, &talk).await["member_count"], 2);
        refused(node.erase(&ana, &talk, &message).await, 403, "not_the_sender");
    })
    .await;
}
