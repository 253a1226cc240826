//! What is a person's own: read marks, drafts, settings and answers, the same on all of their devices. How drafts that are
//! written late or twice are told apart stands in `drafts.rs`.

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use support::{Client, Device, LossyLive, Node, World, settings};
use village_testkit::{Fresh, on_both_engines};

async fn read(node: &Node, device: &Device, conversation: &str, seq: i64) -> Value {
    let (status, state) = node.put(device, &format!("/conversations/{conversation}/read"), json!({"seq": seq})).await;
    assert_eq!(status, 200, "{state}");
    state
}

/// What a device shows of one conversation, kept by the rules of the protocol.
#[derive(Debug, Default, PartialEq)]
struct Shown {
    membership_seq: i64,
    read_seq: i64,
    unread_count: i64,
    draft: Value,
    notify: Value,
}

impl Shown {
    fn take(&mut self, frame: &Value) {
        match frame["type"].as_str().unwrap() {
            "conversation" if frame["membership_seq"].as_i64().unwrap() > self.membership_seq => {
                let conversation = &frame["conversation"];
                *self = Self {
                    membership_seq: frame["membership_seq"].as_i64().unwrap(),
                    read_seq: conversation["read_seq"].as_i64().unwrap(),
                    unread_count: conversation["unread_count"].as_i64().unwrap(),
                    draft: conversation["draft"]["body"].clone(),
                    notify: conversation["notify"].clone(),
                };
            }
            "read" if frame["membership_seq"].as_i64() == Some(self.membership_seq + 1) => {
                self.membership_seq += 1;
                self.read_seq = frame["seq"].as_i64().unwrap();
                self.unread_count = frame["unread_count"].as_i64().unwrap();
            }
            _ => {}
        }
    }

    /// Reads frames until this device is at `membership_seq`.
    async fn reach(&mut self, client: &mut Client, membership_seq: i64) {
        while self.membership_seq < membership_seq {
            self.take(&client.next().await);
        }
    }
}

#[tokio::test]
async fn two_devices_agree_also_when_hints_are_lost() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let mut limits = settings();
        limits.heartbeat = Duration::from_millis(200);
        let live = LossyLive::over(fresh);
        let node = Node::start_with(fresh, &world, limits, live.clone()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let mut phone = node.connect(&ben).await;
        let mut laptop = node.connect(&world.device_of(ben.user())).await;
        let conversation = node.open(&ana, &ben).await;
        for turn in 0..5 {
            node.send(&ana, &conversation, &format!("c{turn}"), "hello").await;
        }
        let (mut here, mut there) = (Shown::default(), Shown::default());
        for (shown, client) in [(&mut here, &mut phone), (&mut there, &mut laptop)] {
            shown.reach(client, 1).await;
        }
        // Told by a `read` frame, without the conversation.
        read(&node, &ben, &conversation, 2).await;
        let frame = laptop.next_of("read").await;
        assert_eq!(
            (&frame["seq"], &frame["unread_count"], &frame["membership_seq"], &frame["last_seq"]),
            (&json!(2), &json!(3), &json!(2), &json!(5)),
            "counted when five messages were there"
        );
        there.take(&frame);
        // Everything is lost: the next heartbeat finds it.
        live.lose(true);
        read(&node, &ben, &conversation, 4).await;
        node.put(&ben, &format!("/conversations/{conversation}/draft"), json!({"body": "I th"})).await;
        node.put(&ben, &format!("/conversations/{conversation}/settings"), json!({"notify": "mentions"})).await;
        let expected =
            Shown { membership_seq: 5, read_seq: 4, unread_count: 1, draft: json!("I th"), notify: json!("mentions") };
        for (shown, client) in [(&mut here, &mut phone), (&mut there, &mut laptop)] {
            shown.reach(client, 5).await;
            assert_eq!(*shown, expected);
        }
        // One is lost and the next is heard of: that one is told as the whole.
        read(&node, &ben, &conversation, 5).await;
        live.lose(false);
        node.put(&ben, &format!("/conversations/{conversation}/draft"), json!({"body": ""})).await;
        let expected = Shown { membership_seq: 7, read_seq: 5, unread_count: 0, draft: Value::Null, ..expected };
        for (shown, client) in [(&mut here, &mut phone), (&mut there, &mut laptop)] {
            shown.reach(client, 7).await;
            assert_eq!(*shown, expected);
        }
        // A third device that was away finds it by resuming.
        let mut tablet = Client::open(node.address).await;
        let ack = tablet.hello(&ben, json!({"membership_seq": 1})).await;
        assert_eq!(ack["membership_seq"], 7);
        let mut away = Shown { membership_seq: 1, ..Shown::default() };
        away.reach(&mut tablet, 7).await;
        assert_eq!(away, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marks_that_move_at_once_leave_no_membership_seq_behind_which_there_is_nothing() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Arc::new(Node::start(fresh, &world, settings()).await);
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        for turn in 0..20 {
            node.send(&ana, &conversation, &format!("c{turn}"), "hello").await;
        }
        let reads = (0..40).map(|turn| {
            let (node, ben, conversation) = (node.clone(), ben.clone(), conversation.clone());
            tokio::spawn(async move { read(&node, &ben, &conversation, turn / 2 + 1).await })
        });
        join_all(reads).await.into_iter().for_each(|state| drop(state.unwrap()));
        let shown = node.shown(&ben, &conversation).await;
        assert_eq!((&shown["read_seq"], &shown["unread_count"]), (&json!(20), &json!(0)));
        let mut client = Client::open(node.address).await;
        let ack = client.hello(&ben, Value::Null).await;
        assert_eq!(ack["membership_seq"], shown["membership_seq"], "the newest seq is that of the row");
        // A mark that does not move takes none.
        read(&node, &ben, &conversation, 3).await;
        assert_eq!(node.shown(&ben, &conversation).await["membership_seq"], shown["membership_seq"]);
    })
    .await;
}

#[tokio::test]
async fn drafts_and_settings_are_only_ones_own_and_have_limits() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben]).await;
        let draft = format!("/conversations/{group}/draft");
        let wishes = format!("/conversations/{group}/settings");
        let (status, kept) = node.put(&ben, &draft, json!({"body": " hello \n"})).await;
        assert_eq!((status, &kept["body"]), (200, &json!(" hello \n")));
        let shown = node.shown(&ben, &group).await;
        assert_eq!((&shown["draft"], &shown["membership_seq"]), (&kept, &json!(2)));
        // The same again changes nothing.
        node.put(&ben, &draft, json!({"body": " hello \n"})).await;
        assert_eq!(node.shown(&ben, &group).await["membership_seq"], 2);
        assert_eq!(node.shown(&ana, &group).await["draft"], Value::Null);
        assert_eq!(node.put(&ben, &draft, json!({"body": "x".repeat(4_001)})).await.0, 422);
        assert_eq!(node.put(&ben, &draft, json!({"body": "\u{1}"})).await.0, 422);
        assert_eq!(node.put(&eve, &draft, json!({"body": "x"})).await.0, 404);
        assert_eq!(node.put(&eve, &draft, json!({"body": ""})).await.0, 404);

        let until = "2030-01-01T00:00:00Z";
        let (status, shown) = node.put(&ben, &wishes, json!({"notify": "none", "muted_until": until})).await;
        assert_eq!((status, &shown["notify"], shown["muted_until"].is_string()), (200, &json!("none"), true));
        let (_, shown) = node.put(&ben, &wishes, json!({"muted_until": null})).await;
        assert_eq!((&shown["notify"], &shown["muted_until"]), (&json!("none"), &Value::Null));
        assert_eq!(node.shown(&ana, &group).await["notify"], "all");
        for body in [json!({"notify": "some"}), json!({"muted_until": "tomorrow"}), json!({"volume": 11})] {
            assert_eq!(node.put(&ben, &wishes, body).await.0, 422);
        }
        assert_eq!(node.put(&eve, &wishes, json!({"notify": "none"})).await.0, 404);
        // Whoever leaves leaves nothing behind, and begins anew on coming back.
        node.remove(&ben, &group, ben.user()).await;
        assert_eq!(node.shown(&ben, &group).await["draft"], Value::Null);
        assert_eq!(node.put(&ben, &draft, json!({"body": "x"})).await.0, 404);
        assert_eq!(node.put(&ben, &wishes, json!({"notify": "none"})).await.0, 404);
        node.add(&ana, &group, &[&ben]).await;
        assert_eq!(node.shown(&ben, &group).await["notify"], "all");
    })
    .await;
}

async fn delivered(node: &Node, device: &Device, conversation: &str, seq: i64) -> u16 {
    let body = json!({"conversations": {conversation: seq}});
    node.post(device, "/conversations/delivered", body).await.0
}

#[tokio::test]
async fn what_was_read_and_received_is_told_in_small_conversations_by_those_who_let_it_be_seen() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let direct = node.open(&ana, &ben).await;
        node.send(&ana, &direct, "c1", "hello").await;
        node.send(&ana, &direct, "c2", "hello").await;
        let mut anas = node.connect(&ana).await;
        let mut bens = node.connect(&ben).await;
        // More than there is means all there is.
        let ack = bens.ask(json!({"type": "delivered", "conversations": {direct.clone(): 100}})).await;
        assert_eq!(ack["result"], json!({}));
        let frame = anas.next_of("delivered").await;
        assert_eq!((&frame["user_id"], &frame["seq"]), (&json!(ben.user()), &json!(2)));
        let marks = async |device: &Device| {
            let shown = node.shown(device, &direct).await;
            (shown["peer_read_seq"].as_i64().unwrap(), shown["peer_delivered_seq"].as_i64().unwrap())
        };
        assert_eq!(marks(&ana).await, (0, 2));
        assert_eq!(delivered(&node, &ben, &direct, 1).await, 204, "never moves back");
        read(&node, &ben, &direct, 1).await;
        assert_eq!(anas.next_of("read").await["seq"], 1);
        assert_eq!(marks(&ana).await, (1, 2));
        // Strangers, the past and too much.
        assert_eq!(delivered(&node, &eve, &direct, 1).await, 204, "passed over");
        assert_eq!(delivered(&node, &ben, &direct, -1).await, 422);
        let many: serde_json::Map<String, Value> =
            (0..201).map(|_| (village_kernel::ConversationId::new(world.now).to_string(), json!(1))).collect();
        assert_eq!(node.post(&ben, "/conversations/delivered", json!({"conversations": many})).await.0, 422);

        // Ben hides his: Ana sees nothing of him any more, nor he of her.
        let (status, kept) = node.patch(&ben, "/messaging/settings", json!({"read_receipts": false})).await;
        assert_eq!((status, kept), (200, json!({"read_receipts": false, "presence": true})));
        assert_eq!(node.get(&ben, "/messaging/settings").await.1["read_receipts"], false);
        assert_eq!((marks(&ana).await, marks(&ben).await), ((0, 0), (0, 0)));
        read(&node, &ben, &direct, 2).await;
        assert_eq!(bens.next_of("read").await["seq"], 1);
        assert_eq!(bens.next_of("read").await["seq"], 2, "his own devices hear of it");
        let group = node.group(&ana, &[&ben, &eve]).await;
        node.send(&ana, &group, "c1", "hello").await;
        assert_eq!(anas.next_of("message").await["conversation_id"], json!(group));
        read(&node, &ben, &group, 2).await;
        read(&node, &eve, &group, 2).await;
        // Had she been told of Ben's, it would have come before Eve's.
        let frame = anas.next_of("read").await;
        assert_eq!((&frame["user_id"], &frame["conversation_id"]), (&json!(eve.user()), &json!(group)));
        let seen = async |device: &Device| -> Vec<Value> {
            let (_, page) = node.get(device, &format!("/conversations/{group}/members")).await;
            page["items"].as_array().unwrap().iter().map(|member| member["read_seq"].clone()).collect()
        };
        let sorted = |mut marks: Vec<Value>| {
            marks.sort_by_key(|mark| mark.as_i64());
            marks
        };
        assert_eq!(sorted(seen(&ana).await), [Value::Null, json!(2), json!(2)]);
        assert_eq!(sorted(seen(&ben).await), [Value::Null, Value::Null, json!(2)], "his own is his to see");
        // He shows them again.
        node.patch(&ben, "/messaging/settings", json!({"read_receipts": true, "presence": false})).await;
        assert_eq!(marks(&ana).await, (2, 2));
        assert_eq!(node.get(&ben, "/messaging/settings").await.1, json!({"read_receipts": true, "presence": false}));
        assert_eq!(node.patch(&ben, "/messaging/settings", json!({"read_receipts": "no"})).await.0, 422);
    })
    .await;
}

#[tokio::test]
async fn what_was_read_and_received_does_not_cross_a_block() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let direct = node.open(&ana, &ben).await;
        let group = node.group(&ana, &[&ben, &eve]).await;
        // Sending is reading, so only Ana has read all.
        let talk = async |turn: &str| {
            node.send(&eve, &group, turn, "hello").await;
            for conversation in [&direct, &group] {
                node.send(&ben, conversation, turn, "hello").await;
                node.send(&ana, conversation, turn, "hello").await;
            }
        };
        for (turn, blocker, blocked) in [("1", &ana, &ben), ("2", &ben, &ana)] {
            talk(turn).await;
            world.people.block(blocker.user(), blocked.user()).await;
            for device in [&ana, &ben] {
                let shown = node.shown(device, &direct).await;
                assert_eq!((&shown["peer_read_seq"], &shown["peer_delivered_seq"]), (&json!(0), &json!(0)));
            }
            let mut anas = node.connect(&ana).await;
            let last = node.last_seq(&ana, &group).await;
            for conversation in [&direct, &group] {
                delivered(&node, &ben, conversation, last).await;
                read(&node, &ben, conversation, last).await;
            }
            delivered(&node, &eve, &group, last).await;
            read(&node, &eve, &group, last).await;
            // Had she been told of Ben's, it would have come before Eve's; the two kinds come in any order.
            let mut kinds = HashSet::from(["delivered", "read"]);
            while !kinds.is_empty() {
                let frame = anas.next().await;
                if kinds.remove(frame["type"].as_str().unwrap()) {
                    assert_eq!(frame["user_id"], json!(eve.user()), "the first she hears of");
                }
            }
            let seen = async |device: &Device, member: &Device| {
                let (_, page) = node.get(device, &format!("/conversations/{group}/members")).await;
                let members = page["items"].as_array().unwrap();
                let member = members.iter().find(|one| one["user"]["id"] == json!(member.user())).unwrap();
                (member["read_seq"].clone(), member["delivered_seq"].clone())
            };
            let hidden = (Value::Null, Value::Null);
            assert_eq!((seen(&ana, &ben).await, seen(&ben, &ana).await), (hidden.clone(), hidden));
            assert_eq!(seen(&ana, &eve).await, (json!(last), json!(last)));
            assert_ne!(seen(&eve, &ben).await.0, Value::Null);
            world.people.unblock(blocker.user(), blocked.user()).await;
        }
    })
    .await;
}

#[tokio::test]
async fn in_a_large_group_marks_are_read_from_the_list_and_told_to_nobody_else() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let mut others = Vec::new();
        for _ in 0..49 {
            others.push(world.stranger().await);
        }
        let group = node.group(&ana, &[&ben]).await;
        let direct = node.open(&ana, &ben).await;
        assert_eq!(node.add(&ana, &group, &others.iter().collect::<Vec<_>>()).await.0, 200);
        node.send(&ana, &direct, "c1", "hello").await;
        node.send(&ana, &group, "c1", "hello").await;
        let mut anas = node.connect(&ana).await;
        let mut bens = node.connect(&ben).await;
        read(&node, &ben, &group, 3).await;
        assert_eq!(bens.next_of("read").await["conversation_id"], json!(group), "his own devices");
        delivered(&node, &ben, &group, 3).await;
        read(&node, &ben, &direct, 1).await;
        assert_eq!(anas.next_of("read").await["conversation_id"], json!(direct));
        let (_, page) = node.get(&ana, &format!("/conversations/{group}/members?limit=100")).await;
        let of_ben = page["items"].as_array().unwrap().iter().find(|m| m["user"]["id"] == json!(ben.user())).unwrap();
        assert_eq!((&of_ben["read_seq"], page["items"].as_array().unwrap().len()), (&json!(3), 51));
    })
    .await;
}
