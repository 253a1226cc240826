//! Links into groups, and conversations of channels: ways to come in by oneself.

mod support;

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use support::{Device, Node, World, settings};
use village_db::{execute, fetch_one, transaction};
use village_kernel::{ChannelId, ConversationId, UserId};
use village_ports::ChannelConversations;
use village_testkit::{Fresh, on_both_engines};

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or("none"))
}

async fn link(node: &Node, admin: &Device, group: &str) -> String {
    let (status, link) = node.post(admin, &format!("/conversations/{group}/link"), json!({})).await;
    assert_eq!(status, 201, "{link}");
    link["code"].as_str().unwrap().to_owned()
}

async fn join(node: &Node, device: &Device, code: &str) -> (u16, Value) {
    node.post(device, "/conversations/links/join", json!({"code": code})).await
}

async fn preview(node: &Node, device: &Device, code: &str) -> (u16, Value) {
    node.post(device, "/conversations/links/preview", json!({"code": code})).await
}

#[tokio::test]
async fn a_code_leads_to_its_group_however_it_was_copied() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben]).await;
        let code = link(&node, &ana, &group).await;
        let (start, end) = code.split_at(16);
        for copied in [code.to_uppercase(), format!(" {start} {end}\n"), format!("{start}\u{2011}{end}\u{200B}")] {
            let (status, shown) = preview(&node, &ben, &copied).await;
            assert_eq!((status, &shown["conversation_id"]), (200, &json!(group)), "{copied:?}");
        }
        let eve = world.stranger().await;
        let (status, joined) = join(&node, &eve, &format!("{start}-{end}").to_uppercase()).await;
        assert_eq!((status, &joined["state"]), (200, &json!("active")));
    })
    .await;
}

#[tokio::test]
async fn whoever_has_the_link_comes_in_until_it_is_replaced_revoked_or_over() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.stranger().await, world.stranger().await);
        let group = node.group(&ana, &[&ben]).await;
        node.send(&ana, &group, "c1", "before eve").await;
        let path = format!("/conversations/{group}/link");
        let (status, made) = node.post(&ana, &path, json!({"expires_in_seconds": 3_600})).await;
        let first = made["code"].as_str().unwrap();
        assert_eq!((status, &made["url"]), (201, &json!(format!("{}/chat/join#{first}", support::ORIGIN))));
        let (status, shown) = preview(&node, &eve, first).await;
        assert_eq!(
            (status, &shown["name"], &shown["member_count"], &shown["is_member"]),
            (200, &json!("Night shift"), &json!(2), &json!(false))
        );
        let (status, joined) = join(&node, &eve, first).await;
        assert_eq!((status, &joined["state"], &joined["joined_seq"]), (200, &json!("active"), &json!(3)));
        assert_eq!(preview(&node, &eve, first).await.1["is_member"], true);
        let history = node.history(&eve, &group).await;
        assert_eq!((history.len(), &history[0]["event"]["type"]), (1, &json!("member_joined")));
        // Again is nothing new; who was asked to come accepts by it.
        assert_eq!(join(&node, &eve, first).await.1["last_seq"], 3);
        assert_eq!(node.shown(&ben, &group).await["state"], "requested");
        assert_eq!(join(&node, &ben, first).await.1["state"], "active");
        assert_eq!(node.shown(&ana, &group).await["member_count"], 3);

        // Only admins; only of groups.
        for answer in [node.post(&eve, &path, json!({})).await, node.delete(&eve, &path).await] {
            assert_eq!(code(&answer), (403, "not_an_admin"));
        }
        let outsider = world.person().await;
        for answer in [node.post(&outsider, &path, json!({})).await, node.delete(&outsider, &path).await] {
            assert_eq!(code(&answer), (404, "not_found"));
        }
        let direct = node.open(&ana, &outsider).await;
        let answer = node.post(&ana, &format!("/conversations/{direct}/link"), json!({})).await;
        assert_eq!(code(&answer), (409, "not_a_group"));
        for seconds in [0, -1, 2_592_001] {
            assert_eq!(node.post(&ana, &path, json!({"expires_in_seconds": seconds})).await.0, 422);
        }

        // A new one replaces the old one; a revoked one leads nowhere; nor does one whose time is over.
        let second = link(&node, &ana, &group).await;
        let dead = async |dead: &str| {
            assert_eq!(code(&preview(&node, &outsider, dead).await), (404, "not_found"));
            assert_eq!(code(&join(&node, &outsider, dead).await), (404, "not_found"));
        };
        dead(first).await;
        assert_eq!(preview(&node, &outsider, &second).await.0, 200);
        assert_eq!(node.delete(&ana, &path).await.0, 204);
        assert_eq!(node.delete(&ana, &path).await.0, 204);
        dead(&second).await;
        let third = link(&node, &ana, &group).await;
        let admin = world.device_of(ana.user());
        fresh.clock.advance(Duration::from_secs(7 * 86_400));
        let (ana, outsider) = (later(&world, &admin, 8), later(&world, &outsider, 8));
        assert_eq!(code(&join(&node, &outsider, &third).await), (404, "not_found"));

        // The code itself is nowhere in the database.
        let fourth = link(&node, &ana, &group).await;
        let id: ConversationId = group.parse().unwrap();
        let sql = "select code_hash from messaging_links where conversation_id = $1";
        let (hash,): (Vec<u8>,) = fetch_one!(&mut fresh.db.reader().await.unwrap(), sql, id).unwrap();
        assert_eq!(hash, village_kernel::secret::sha256(fourth.as_bytes()));
        // With the last member the link goes, too.
        for (device, user) in
            [(&ana, ana.user()), (&later(&world, &ben, 8), ben.user()), (&later(&world, &eve, 8), eve.user())]
        {
            assert_eq!(node.remove(device, &group, user).await.0, 204);
        }
        assert_eq!(code(&join(&node, &outsider, &fourth).await), (404, "not_found"));
    })
    .await;
}

/// The same person, with a token that is good for some days.
fn later(world: &World, device: &Device, days: i64) -> Device {
    Device { viewer: device.viewer, token: support::Tokens::token(&device.viewer, world.now.plus_secs(days * 86_400)) }
}

#[tokio::test]
async fn whoever_was_removed_comes_back_when_an_admin_adds_them_and_not_by_a_link() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben, &eve]).await;
        let good = link(&node, &ana, &group).await;
        // Whoever leaves by themselves may come back.
        assert_eq!(node.remove(&ben, &group, ben.user()).await.0, 204);
        assert_eq!(join(&node, &ben, &good).await.0, 200);
        let stranger = preview(&node, &world.stranger().await, &good).await;

        assert_eq!(node.remove(&ana, &group, ben.user()).await.0, 204);
        let last = node.last_seq(&ana, &group).await;
        let answer = join(&node, &ben, &good).await;
        assert_eq!(code(&answer), (403, "removed"));
        assert!(answer.1["detail"].as_str().unwrap().contains("add you again"), "{}", answer.1);
        // A new link does not help, and leaving what one was removed from changes nothing.
        let newer = link(&node, &ana, &group).await;
        assert_eq!(node.remove(&ben, &group, ben.user()).await.0, 204);
        assert_eq!(code(&join(&node, &ben, &newer).await), (403, "removed"));
        assert_eq!(node.last_seq(&ana, &group).await, last, "nothing has happened");
        let (status, mut shown) = preview(&node, &ben, &newer).await;
        shown["member_count"] = stranger.1["member_count"].clone();
        assert_eq!((status, shown), stranger, "he sees what everybody sees who has the link");

        // Added again he is as everybody else.
        assert_eq!(node.add(&ana, &group, &[&ben]).await.0, 200);
        assert_eq!(node.remove(&ben, &group, ben.user()).await.0, 204);
        assert_eq!(join(&node, &ben, &newer).await.0, 200);
        // Whoever was only asked to come, too.
        let tom = world.stranger().await;
        assert_eq!(node.add(&ana, &group, &[&tom]).await.0, 200);
        assert_eq!(node.remove(&ana, &group, tom.user()).await.0, 204);
        assert_eq!(code(&join(&node, &tom, &newer).await), (403, "removed"));
    })
    .await;
}

#[tokio::test]
async fn guessing_codes_is_stopped_after_a_few() {
    let fresh = village_testkit::fresh_sqlite().await;
    let world = World::new(&fresh).await;
    let node = Node::start(&fresh, &world, settings()).await;
    let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
    let group = node.group(&ana, &[&ben]).await;
    let good = link(&node, &ana, &group).await;
    for guess in 0..5 {
        assert_eq!(code(&join(&node, &eve, &format!("{guess}")).await), (404, "not_found"));
        assert_eq!(code(&preview(&node, &eve, &"x".repeat(10_000)).await), (404, "not_found"));
    }
    assert_eq!(code(&join(&node, &eve, &good).await), (429, "rate_limited"));
    assert_eq!(preview(&node, &ben, &good).await.0, 200, "others are not concerned");
    fresh.clock.advance(Duration::from_secs(60));
    assert_eq!(join(&node, &eve, &good).await.0, 200);
    assert_eq!(node.post(&eve, "/conversations/links/join", json!({})).await.0, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_place_is_taken_by_one_however_many_come_at_once() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Arc::new(Node::start(fresh, &world, settings()).await);
        let (ana, ben) = (world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben]).await;
        let good = link(&node, &ana, &group).await;
        let id: ConversationId = group.parse().unwrap();
        transaction!(&fresh.db, |tx| -> Result<u64, village_db::Error> {
            execute!(tx, "update messaging_conversations set member_count = 999 where id = $1", id)
        })
        .unwrap();
        let comers = join_all((0..8).map(|_| world.stranger())).await;
        let joins = comers.into_iter().map(|device| {
            let (node, good) = (node.clone(), good.clone());
            tokio::spawn(async move { join(&node, &device, &good).await })
        });
        let answers: Vec<(u16, Value)> = join_all(joins).await.into_iter().map(Result::unwrap).collect();
        let full = answers.iter().filter(|answer| code(answer) == (409, "conversation_full")).count();
        assert_eq!((answers.iter().filter(|(status, _)| *status == 200).count(), full), (1, 7), "{answers:?}");
        assert_eq!(node.shown(&ana, &group).await["last_seq"], 2);
    })
    .await;
}

async fn take_part(node: &Node, device: &Device, channel: ChannelId) -> (u16, Value) {
    node.call(device, http::Method::PUT, &format!("/conversations/channels/{channel}"), None).await
}

async fn channel_left(fresh: &Fresh, node: &Node, channel: ChannelId, user: UserId) {
    transaction!(&fresh.db, |tx| -> Result<(), village_db::Error> {
        node.messaging.participants().channel_left(tx, channel, user).await
    })
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_of_a_channel_come_into_its_conversation_and_leave_it_with_the_channel() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Arc::new(Node::start(fresh, &world, settings()).await);
        let (ana, ben, eve) = (world.stranger().await, world.stranger().await, world.stranger().await);
        let channel = world.channels.add(&[ana.user(), ben.user()]);
        assert_eq!(code(&take_part(&node, &eve, channel).await), (404, "not_found"));
        let nowhere = ChannelId::new(world.now);
        assert_eq!(code(&take_part(&node, &ana, nowhere).await), (404, "not_found"));
        channel_left(fresh, &node, channel, ana.user()).await;
        // Both at once, on several devices: one conversation, in which each is once.
        let comes = (0..8).map(|turn| {
            let (node, device) = (node.clone(), if turn % 2 == 0 { ana.clone() } else { ben.clone() });
            tokio::spawn(async move { take_part(&node, &device, channel).await })
        });
        let answers: Vec<(u16, Value)> = join_all(comes).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().filter(|(status, _)| *status == 201).count(), 2, "{answers:?}");
        assert!(answers.iter().all(|(_, shown)| shown["id"] == answers[0].1["id"]), "{answers:?}");
        let id = answers[0].1["id"].as_str().unwrap();
        let shown = node.shown(&ana, id).await;
        assert_eq!(
            (&shown["kind"], &shown["name"], &shown["channel"]["id"], &shown["role"], &shown["member_count"]),
            (&json!("channel"), &json!("Preemies"), &json!(channel), &json!("member"), &json!(2))
        );
        assert_eq!(shown["last_seq"], 2);
        node.send(&ana, id, "c1", "hello").await;
        assert_eq!(node.get(&ben, "/conversations/unread").await.1["unread_count"], 1);
        // It is nobody's to change.
        assert_eq!(
            code(&node.patch(&ana, &format!("/conversations/{id}"), json!({"name": "x"})).await),
            (409, "not_a_group")
        );
        assert_eq!(code(&node.add(&ana, id, &[&eve]).await), (409, "not_a_group"));
        assert_eq!(code(&node.remove(&ana, id, ben.user()).await), (409, "not_a_group"));

        world.channels.remove(channel, ben.user());
        channel_left(fresh, &node, channel, ben.user()).await;
        channel_left(fresh, &node, channel, ben.user()).await;
        channel_left(fresh, &node, channel, eve.user()).await;
        node.send(&ana, id, "c2", "after ben").await;
        let shown = node.shown(&ben, id).await;
        assert_eq!((&shown["state"], &shown["last_seq"]), (&json!("left"), &json!(4)));
        assert_eq!(node.history(&ben, id).await.last().unwrap()["event"]["type"], "member_left");
        assert_eq!(code(&take_part(&node, &ben, channel).await), (404, "not_found"));
        assert_eq!(node.shown(&ana, id).await["member_count"], 1);
        // One may also leave the conversation alone, and come back.
        assert_eq!(node.remove(&ana, id, ana.user()).await.0, 204);
        assert_eq!(take_part(&node, &ana, channel).await.0, 201);
        assert_eq!(node.history(&ana, id).await.len(), 1);
    })
    .await;
}
