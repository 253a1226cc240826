//! Groups: who may do what, what they see, and what happens when everybody does it at once.

mod support;

use std::sync::Arc;

use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use support::{Device, Node, World, settings};
use village_db::{execute, fetch_one, transaction};
use village_kernel::{ConversationId, MediaId, UserId};
use village_testkit::{Fresh, on_both_engines};

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or("none"))
}

fn events(messages: &[Value]) -> Vec<&str> {
    messages.iter().filter_map(|message| message["event"]["type"].as_str()).collect()
}

async fn members(node: &Node, device: &Device, group: &str) -> Vec<(String, String)> {
    let (status, page) = node.get(device, &format!("/conversations/{group}/members?limit=100")).await;
    assert_eq!(status, 200, "{page}");
    let member =
        |item: &Value| (item["user"]["id"].as_str().unwrap().to_owned(), item["role"].as_str().unwrap().to_owned());
    page["items"].as_array().unwrap().iter().map(member).collect()
}

#[tokio::test]
async fn a_group_has_an_owner_members_a_name_and_events_that_are_not_unread() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let mut bens = node.connect(&ben).await;
        let group = node.group(&ana, &[&ben, &eve]).await;
        let frame = bens.next_of("conversation").await;
        assert_eq!((&frame["conversation"]["id"], &frame["membership_seq"]), (&json!(group), &json!(1)));
        assert_eq!(bens.next_of("message").await["message"]["event"], json!({"type": "created"}));
        let shown = node.shown(&ben, &group).await;
        assert_eq!(
            (&shown["kind"], &shown["name"], &shown["role"], &shown["state"], &shown["member_count"]),
            (&json!("group"), &json!("Night shift"), &json!("member"), &json!("active"), &json!(3))
        );
        assert_eq!(
            (&shown["last_seq"], &shown["joined_seq"], &shown["unread_count"]),
            (&json!(1), &json!(1), &json!(0))
        );
        assert_eq!((&shown["peer"], &shown["can_send"]), (&Value::Null, &json!(true)));
        assert_eq!(node.shown(&ana, &group).await["role"], "owner");

        assert_eq!(node.patch(&ben, &format!("/conversations/{group}"), json!({"name": "Mine"})).await.0, 403);
        let (status, shown) =
            node.patch(&ana, &format!("/conversations/{group}"), json!({"name": " Day shift "})).await;
        assert_eq!((status, &shown["name"], &shown["last_seq"]), (200, &json!("Day shift"), &json!(2)));
        let frame = bens.next_of("message").await;
        assert_eq!(frame["message"]["event"], json!({"type": "renamed", "name": "Day shift"}));
        assert_eq!((&frame["message"]["kind"], &frame["message"]["client_id"]), (&json!("event"), &Value::Null));
        // The same name again changes nothing.
        node.patch(&ana, &format!("/conversations/{group}"), json!({"name": "Day shift"})).await;
        assert_eq!(node.shown(&ana, &group).await["last_seq"], 2);
        let message = node.send(&ana, &group, "c1", "hello").await;
        assert_eq!((&message["seq"], &message["number"]), (&json!(3), &json!(1)));
        assert_eq!(node.shown(&eve, &group).await["unread_count"], 1);

        let picture = MediaId::new(world.now);
        let patch = json!({"picture_media_id": picture});
        let (_, shown) = node.patch(&ana, &format!("/conversations/{group}"), patch).await;
        assert_eq!(shown["picture"]["media_id"], json!(picture));
        assert!(world.images.in_use().contains(&picture));
        let (_, shown) = node.patch(&ana, &format!("/conversations/{group}"), json!({"picture_media_id": null})).await;
        assert_eq!(shown["picture"], Value::Null);
        assert!(world.images.in_use().is_empty());
        let history = node.history(&ben, &group).await;
        assert_eq!(events(&history), ["created", "renamed", "picture_changed", "picture_changed"]);
    })
    .await;
}

#[tokio::test]
async fn each_sees_exactly_what_was_said_while_they_were_in() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben]).await;
        let mut eves = node.connect(&eve).await;
        node.send(&ana, &group, "c1", "before eve").await;
        assert_eq!(node.add(&ana, &group, &[&eve]).await.0, 200);
        node.send(&ana, &group, "c2", "with eve").await;
        assert_eq!(eves.next_of("conversation").await["conversation"]["joined_seq"], 3);
        let frame = eves.next_of("message").await;
        assert_eq!(frame["message"]["event"], json!({"type": "members_added", "user_ids": [eve.user()]}));
        assert_eq!(eves.next_of("message").await["message"]["body"], "with eve");
        assert_eq!(node.remove(&ana, &group, eve.user()).await.0, 204);
        node.send(&ana, &group, "c3", "after eve").await;
        // She sees that she was removed, and nothing after.
        let frame = eves.next_of("message").await;
        assert_eq!(frame["message"]["event"], json!({"type": "member_removed", "user_id": eve.user()}));
        let bodies = async |device: &Device| -> Vec<String> {
            let history = node.history(device, &group).await;
            history.iter().filter_map(|m| m["body"].as_str()).filter(|b| !b.is_empty()).map(str::to_owned).collect()
        };
        assert_eq!(bodies(&eve).await, ["with eve"]);
        assert_eq!(bodies(&ben).await, ["before eve", "with eve", "after eve"]);
        let shown = node.shown(&eve, &group).await;
        assert_eq!(
            (&shown["state"], &shown["last_seq"], &shown["can_send"], &shown["unread_count"], &shown["member_count"]),
            (&json!("left"), &json!(5), &json!(false), &json!(0), &json!(0))
        );
        // Nor what becomes of the group.
        node.patch(&ana, &format!("/conversations/{group}"), json!({"name": "Without eve"})).await;
        fresh.clock.advance(std::time::Duration::from_secs(60));
        node.send(&ana, &group, "c-later", "later").await;
        let now = node.shown(&eve, &group).await;
        assert_eq!((&now["name"], &now["updated_at"]), (&json!("Night shift"), &shown["updated_at"]));
        assert_eq!(node.get(&eve, "/conversations").await.1["items"], json!([]));
        assert_eq!(node.get(&eve, "/conversations/unread").await.1["unread_count"], 0);
        assert_eq!(code(&node.get(&eve, &format!("/conversations/{group}/members")).await), (404, "not_found"));
        assert_eq!(code(&node.try_send(&eve, &group, "x", "let me in").await), (403, "cannot_send"));
        let resumed = json!({"type": "resume", "conversations": {group.clone(): 3}});
        eves.send(resumed).await;
        let rows = eves.next_of("rows").await;
        assert_eq!((&rows["upto"], rows["messages"].as_array().unwrap().len()), (&json!(5), 2));

        // Coming back opens a new window; the old one is gone.
        assert_eq!(node.add(&ana, &group, &[&eve]).await.0, 200);
        node.send(&ana, &group, "c4", "eve again").await;
        assert_eq!(bodies(&eve).await, ["eve again"]);
        let (mut is_back, mut heard) = (false, Vec::new());
        while !is_back || heard.len() < 2 {
            let frame = eves.next().await;
            match frame["type"].as_str().unwrap() {
                "conversation" => is_back |= frame["conversation"]["joined_seq"] == 9 && frame["membership_seq"] == 3,
                "message" => heard.push(frame["seq"].as_i64().unwrap()),
                _ => {}
            }
        }
        assert_eq!(heard, [9, 10]);
        assert_eq!(node.shown(&eve, &group).await["unread_count"], 1);
    })
    .await;
}

#[tokio::test]
async fn admins_add_and_remove_members_and_only_the_owner_touches_admins() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve, tom) =
            (world.person().await, world.person().await, world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben, &eve]).await;
        assert_eq!(code(&node.add(&ben, &group, &[&tom]).await), (403, "not_an_admin"));
        assert_eq!(code(&node.remove(&ben, &group, eve.user()).await), (403, "not_an_admin"));
        assert_eq!(code(&node.set_role(&ben, &group, ben.user(), "owner").await), (403, "not_the_owner"));
        let (status, member) = node.set_role(&ana, &group, ben.user(), "admin").await;
        assert_eq!((status, &member["role"], &member["user"]["id"]), (200, &json!("admin"), &json!(ben.user())));
        assert_eq!(node.add(&ben, &group, &[&tom, &eve]).await.0, 200);
        assert_eq!(code(&node.set_role(&ben, &group, tom.user(), "admin").await), (403, "not_the_owner"));
        assert_eq!(code(&node.remove(&ben, &group, ana.user()).await), (403, "not_the_owner"));
        assert_eq!(node.set_role(&ana, &group, tom.user(), "admin").await.0, 200);
        assert_eq!(code(&node.remove(&ben, &group, tom.user()).await), (403, "not_the_owner"));
        assert_eq!(node.remove(&ana, &group, tom.user()).await.0, 204);
        assert_eq!(code(&node.remove(&ana, &group, tom.user()).await), (404, "not_found"));
        assert_eq!(code(&node.set_role(&ana, &group, tom.user(), "member").await), (404, "not_found"));
        assert_eq!(node.remove(&ben, &group, eve.user()).await.0, 204);
        let id = |device: &Device| device.user().to_string();
        assert_eq!(
            members(&node, &ben, &group).await,
            [(id(&ana), "owner".to_owned()), (id(&ben), "admin".to_owned())]
        );
        // To those outside it does not exist.
        for answer in [
            node.add(&eve, &group, &[&tom]).await,
            node.remove(&eve, &group, ben.user()).await,
            node.set_role(&eve, &group, ben.user(), "member").await,
            node.patch(&eve, &format!("/conversations/{group}"), json!({"name": "x"})).await,
        ] {
            assert_eq!(code(&answer), (404, "not_found"));
        }
        // A direct conversation has none of it.
        let direct = node.open(&ana, &ben).await;
        for answer in [
            node.add(&ana, &direct, &[&tom]).await,
            node.remove(&ana, &direct, ben.user()).await,
            node.remove(&ana, &direct, ana.user()).await,
            node.set_role(&ana, &direct, ben.user(), "admin").await,
            node.patch(&ana, &format!("/conversations/{direct}"), json!({"name": "x"})).await,
        ] {
            assert_eq!(code(&answer), (409, "not_a_group"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_group_is_handed_over_or_falls_to_whoever_joined_first() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve, tom) =
            (world.person().await, world.person().await, world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben]).await;
        node.add(&ana, &group, &[&eve]).await;
        node.add(&ana, &group, &[&tom]).await;
        assert_eq!(code(&node.set_role(&ana, &group, ana.user(), "member").await), (409, "owner_needed"));
        assert_eq!(node.set_role(&ana, &group, tom.user(), "owner").await.1["role"], "owner");
        assert_eq!(node.shown(&ana, &group).await["role"], "admin");
        assert_eq!(code(&node.set_role(&ana, &group, ben.user(), "admin").await), (403, "not_the_owner"));
        // Tom leaves: Ana is the only admin. She leaves: of the members Ben joined first.
        assert_eq!(node.remove(&tom, &group, tom.user()).await.0, 204);
        assert_eq!(node.remove(&tom, &group, tom.user()).await.0, 204, "again");
        assert_eq!(node.shown(&ana, &group).await["role"], "owner");
        assert_eq!(node.remove(&ana, &group, ana.user()).await.0, 204);
        let history = node.history(&eve, &group).await;
        let last: Vec<&Value> = history.iter().rev().take(2).map(|message| &message["event"]).collect();
        assert_eq!(*last[0], json!({"type": "role_changed", "user_id": ben.user(), "role": "owner"}));
        assert_eq!(*last[1], json!({"type": "member_left"}));
        // Tom saw that he left, and not who came after him.
        assert_eq!(node.history(&tom, &group).await.last().unwrap()["event"]["type"], "member_left");
        assert_eq!(node.shown(&ben, &group).await["member_count"], 2);
        for device in [&ben, &eve] {
            assert_eq!(node.remove(device, &group, device.user()).await.0, 204);
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_is_added_across_a_block_or_when_suspended_or_when_not_there() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve, tom, zoe) = (
            world.person().await,
            world.person().await,
            world.person().await,
            world.person().await,
            world.person().await,
        );
        let ghost = world.device_of(UserId::new(world.now));
        world.people.block(ana.user(), eve.user()).await;
        world.people.block(zoe.user(), ana.user()).await;
        world.people.suspend(tom.user()).await;
        let group = node.group(&ana, &[&ben]).await;
        for wrong in [&eve, &zoe, &tom, &ghost] {
            let body = json!({"name": "x", "member_ids": [ben.user(), wrong.user()]});
            let created = node.post(&ana, "/conversations/groups", body).await;
            for (field, answer) in [("member_ids", created), ("user_ids", node.add(&ana, &group, &[&ben, wrong]).await)]
            {
                assert_eq!(code(&answer), (422, "invalid_request"), "{}", answer.1);
                let problem = &answer.1["fields"][0];
                assert_eq!((&problem["field"], &problem["code"]), (&json!(field), &json!("not_found")));
            }
        }
        assert_eq!(node.get(&ana, "/conversations").await.1["items"].as_array().unwrap().len(), 1, "nothing was made");
        assert_eq!(node.shown(&ana, &group).await["last_seq"], 1, "no seq was taken");
        let many: Vec<UserId> = (0..101).map(|_| UserId::new(world.now)).collect();
        for body in [
            json!({"name": "", "member_ids": [ben.user()]}),
            json!({"name": "x".repeat(61), "member_ids": [ben.user()]}),
            json!({"name": "x", "member_ids": []}),
            json!({"name": "x", "member_ids": [ana.user()]}),
            json!({"name": "x", "member_ids": many}),
            json!({"name": "x", "member_ids": ["nobody"]}),
            json!({"name": "x"}),
        ] {
            assert_eq!(code(&node.post(&ana, "/conversations/groups", body).await), (422, "invalid_request"));
        }
        for body in [json!({"name": ""}), json!({"retention_seconds": 3_599}), json!({"retention_seconds": 31_536_001})]
        {
            let answer = node.patch(&ana, &format!("/conversations/{group}"), body).await;
            assert_eq!(code(&answer), (422, "invalid_request"));
        }
        // One who is in already is left alone, also across a block that came later.
        world.people.block(ben.user(), ana.user()).await;
        assert_eq!(node.add(&ana, &group, &[&ben]).await.0, 200);
        assert_eq!(node.shown(&ana, &group).await["last_seq"], 1);
    })
    .await;
}

#[tokio::test]
async fn whoever_does_not_follow_the_one_who_adds_them_is_asked_first() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let (eve, tom) = (world.stranger().await, world.stranger().await);
        let group = node.group(&ana, &[&ben, &eve]).await;
        node.add(&ana, &group, &[&tom]).await;
        node.send(&ana, &group, "c1", "hello").await;
        for stranger in [&eve, &tom] {
            let shown = node.shown(stranger, &group).await;
            assert_eq!((&shown["state"], &shown["added_by"]["id"]), (&json!("requested"), &json!(ana.user())));
            assert_eq!(node.get(stranger, "/conversations").await.1["items"], json!([]));
            let (_, requests) = node.get(stranger, "/conversations?box=requests").await;
            assert_eq!(requests["items"][0]["id"], json!(group));
            assert_eq!(node.get(stranger, "/conversations/unread").await.1["unread_count"], 0);
        }
        assert_eq!(node.get(&ben, "/conversations/unread").await.1["unread_count"], 1);
        assert_eq!(node.get(&ben, "/conversations?box=requests").await.1["items"], json!([]));
        assert_eq!(node.get(&ben, "/conversations?box=drawer").await.0, 422);
        assert_eq!(code(&node.set_role(&ana, &group, tom.user(), "admin").await), (409, "not_active"));
    })
    .await;
}

/// Makes `group` as large as `count`, by people nobody knows.
async fn fill(fresh: &Fresh, group: &str, count: i64) {
    let id: ConversationId = group.parse().unwrap();
    transaction!(&fresh.db, |tx| -> Result<u64, village_db::Error> {
        execute!(tx, "update messaging_conversations set member_count = $2 where id = $1", id, count)
    })
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_members_are_the_limit_however_many_are_added_at_once() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Arc::new(Node::start(fresh, &world, settings()).await);
        let (ana, ben) = (world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben]).await;
        fill(fresh, &group, 993).await;
        let mut newcomers = Vec::new();
        for _ in 0..20 {
            newcomers.push(world.stranger().await);
        }
        let adds = newcomers.chunks(2).map(|pair| {
            let (node, group, ana, pair) = (node.clone(), group.clone(), ana.clone(), pair.to_vec());
            tokio::spawn(async move { node.add(&ana, &group, &[&pair[0], &pair[1]]).await })
        });
        let answers: Vec<(u16, Value)> = join_all(adds).await.into_iter().map(Result::unwrap).collect();
        let added = answers.iter().filter(|(status, _)| *status == 200).count();
        let full = answers.iter().filter(|answer| code(answer) == (409, "conversation_full")).count();
        assert_eq!((added, full), (3, 7), "{answers:?}");
        assert_eq!(node.shown(&ana, &group).await["member_count"], 999);
        let id: ConversationId = group.parse().unwrap();
        let sql = "select count(*) from messaging_members where conversation_id = $1 and left_seq is null";
        let (present,): (i64,) = fetch_one!(&mut fresh.db.reader().await.unwrap(), sql, id).unwrap();
        assert_eq!(present, 2 + 6);
        // Those who were refused took no seq: created, and three events.
        assert_eq!(node.shown(&ana, &group).await["last_seq"], 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adding_removing_and_sending_at_once_leaves_seqs_without_a_hole_and_counts_that_are_right() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Arc::new(Node::start(fresh, &world, settings()).await);
        let (ana, ben, eve, tom) =
            (world.person().await, world.person().await, world.person().await, world.person().await);
        let groups = [node.group(&ana, &[&ben]).await, node.group(&ben, &[&ana]).await];
        let work = (0..40).map(|turn| {
            let node = node.clone();
            let (owner, group) = [(&ana, &groups[0]), (&ben, &groups[1])][turn % 2];
            let (owner, group) = (owner.clone(), group.clone());
            // In the two groups in different order: that they wait for each other is not a deadlock.
            let (one, other) = if turn % 2 == 0 { (eve.clone(), tom.clone()) } else { (tom.clone(), eve.clone()) };
            tokio::spawn(async move {
                match turn / 2 % 4 {
                    0 => node.add(&owner, &group, &[&one, &other]).await.0,
                    1 => node.remove(&owner, &group, one.user()).await.0,
                    2 => node.try_send(&owner, &group, &format!("c{turn}"), "hello").await.0,
                    _ => node.remove(&other, &group, other.user()).await.0,
                }
            })
        });
        for status in join_all(work).await {
            assert!([200, 201, 204, 404].contains(&status.unwrap()));
        }
        for (owner, group) in [(&ana, &groups[0]), (&ben, &groups[1])] {
            let history = node.history(owner, group).await;
            let seqs: Vec<i64> = history.iter().map(|message| message["seq"].as_i64().unwrap()).collect();
            assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>());
            let shown = node.shown(owner, group).await;
            assert_eq!(shown["member_count"], json!(members(&node, owner, group).await.len()));
            assert_eq!(shown["last_seq"], json!(seqs.len()));
        }
    })
    .await;
}

#[tokio::test]
async fn a_repeated_creation_makes_one_group_and_members_are_paged() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben]).await;
        let mut everybody = vec![ana.user().to_string(), ben.user().to_string()];
        for _ in 0..5 {
            let next = world.person().await;
            node.add(&ana, &group, &[&next]).await;
            everybody.push(next.user().to_string());
        }
        for limit in [1, 3, 7] {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let path = format!("/conversations/{group}/members?limit={limit}&cursor={cursor}");
                let (status, page) = node.call(&ben, Method::GET, &path, None).await;
                assert_eq!(status, 200, "{page}");
                let items = page["items"].as_array().unwrap();
                seen.extend(items.iter().map(|item| item["user"]["id"].as_str().unwrap().to_owned()));
                match page["next"].as_str() {
                    Some(next) => cursor = next.to_owned(),
                    None => break,
                }
            }
            assert_eq!(seen, everybody, "limit {limit}");
        }
    })
    .await;
}
