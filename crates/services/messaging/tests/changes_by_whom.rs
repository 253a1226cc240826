//! Editing, deleting and reacting: who may, and what those see of it who came later or have left.

mod support;

use serde_json::{Value, json};
use support::{Node, World, message_path, refused, settings};
use village_testkit::{Fresh, on_both_engines};

#[tokio::test]
async fn admins_of_a_group_delete_what_others_sent_and_members_do_not() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let group = world.group(&fresh.db, &[&ana, &ben, &eve]).await;
        for (position, (sender, remover, status)) in
            [(&ben, &eve, 403), (&ben, &ana, 200), (&ana, &ben, 403)].into_iter().enumerate()
        {
            let message = node.send(sender, &group, &position.to_string(), "hello").await;
            assert_eq!(node.erase(remover, &group, &message).await.0, status, "{position}");
        }
        world.set_role(&fresh.db, &group, &ben, "admin").await;
        let message = node.send(&ana, &group, "x", "hello").await;
        assert_eq!(node.erase(&ben, &group, &message).await.0, 200);
        // An admin removes, but puts nobody words into the mouth.
        let message = node.send(&ana, &group, "y", "hello").await;
        refused(node.edit(&ben, &group, &message, "changed").await, 403, "not_the_sender");
    })
    .await;
}

#[tokio::test]
async fn whoever_has_left_sees_what_was_said_then_and_deletions_and_changes_nothing() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let group = world.group(&fresh.db, &[&ana, &ben]).await;
        let first = node.send(&ana, &group, "1", "one").await;
        let second = node.send(&ana, &group, "2", "two").await;
        let third = node.send(&ana, &group, "3", "three").await;
        let own = node.send(&ben, &group, "4", "mine").await;
        node.edit(&ana, &group, &first, "one, edited").await;
        node.react(&ana, &group, &second, "👍").await;
        let mut client = node.connect(&ben).await;
        let before = node.history(&ben, &group).await;
        world.leave(&fresh.db, &group, &ben).await;
        node.edit(&ana, &group, &first, "not for ben").await;
        node.edit(&ana, &group, &first, "not for ben either").await;
        node.edit(&ana, &group, &third, "nor this").await;
        node.react(&ana, &group, &second, "🎉").await;
        node.unreact(&ana, &group, &second, "👍").await;
        node.send(&ana, &group, "5", "they are gone").await;
        let mut expected = before.clone();
        expected[0]["changed_seq"] = json!(6);
        expected[1]["changed_seq"] = json!(6);
        expected[1]["reactions"] = json!([]);
        expected[2]["changed_seq"] = json!(6);
        assert_eq!(node.history(&ben, &group).await, expected);
        assert_eq!(node.message(&ben, &group, &first).await, (200, expected[0].clone()));
        let (_, edits) = node.get(&ben, &format!("{}/edits", message_path(&group, &first))).await;
        assert_eq!(edits["items"].as_array().unwrap().len(), 1, "{edits}");
        assert_eq!(edits["items"][0]["body"], "one");
        let path = format!("{}/reactions", message_path(&group, &second));
        assert_eq!(node.get(&ben, &path).await.1["items"], json!([]));
        // Resuming tells the same, from any point.
        for from in 0..6 {
            let mut view = support::View { seq: from, ..Default::default() };
            client.send(json!({"type": "resume", "conversations": {group.clone(): from}})).await;
            let rows = client.next_of("rows").await;
            assert_eq!(rows["upto"], 6, "{rows}");
            view.take(&rows);
            for message in view.in_order() {
                let seq = message["seq"].as_i64().unwrap();
                assert_eq!(message, expected[seq as usize - 1]);
            }
        }
        for (status, problem) in [
            node.edit(&ben, &group, &own, "changed").await,
            node.react(&ben, &group, &first, "👍").await,
            node.unreact(&ben, &group, &second, "👍").await,
        ] {
            assert_eq!((status, problem["code"].as_str()), (403, Some("cannot_send")));
        }
        node.erase(&ana, &group, &first).await;
        let (_, gone) = node.message(&ben, &group, &first).await;
        assert_eq!((&gone["body"], gone["deleted_at"].is_string()), (&json!(""), true));
        let (_, history) = node.get(&ana, &format!("/conversations/{group}/messages?limit=1")).await;
        let last = &history["items"][0];
        for path in ["", "/edits", "/reactions"] {
            let path = format!("{}{path}", message_path(&group, last));
            refused(node.get(&ben, &path).await, 404, "not_found");
        }
        refused(node.edit(&ben, &group, last, "x").await, 404, "not_found");
    })
    .await;
}

#[tokio::test]
async fn who_came_later_sees_and_changes_nothing_of_before_and_hears_no_holes() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let group = world.group(&fresh.db, &[&ana]).await;
        let early = node.send(&ana, &group, "1", "early").await;
        world.add_to(&fresh.db, &group, &ben, "member").await;
        refused(node.message(&ben, &group, &early).await, 404, "not_found");
        refused(node.react(&ben, &group, &early, "👍").await, 404, "not_found");
        refused(node.erase(&ben, &group, &early).await, 404, "not_found");
        let mut client = node.connect(&ben).await;
        let mut view = support::View { seq: 1, ..Default::default() };
        node.edit(&ana, &group, &early, "still early").await;
        let late = node.send(&ana, &group, "2", "late").await;
        node.react(&ana, &group, &early, "👍").await;
        node.react(&ana, &group, &late, "👍").await;
        while view.seq < 5 {
            let frame = client.next().await;
            assert!(view.take(&frame), "a hole: {frame}");
        }
        assert_eq!(view.messages.len(), 1);
        assert_eq!(view.messages[&3]["reactions"], json!([{"emoji": "👍", "count": 1, "me": false}]));
        // What has ended is gone for everybody.
        world.expire(&fresh.db, &group, 3).await;
        for device in [&ana, &ben] {
            assert!(node.history(device, &group).await.is_empty());
            refused(node.message(device, &group, &late).await, 404, "not_found");
            refused(node.react(device, &group, &late, "🎉").await, 404, "not_found");
            assert_eq!(node.get(device, &format!("/conversations/{group}")).await.1["last_message"], Value::Null);
        }
        client.send(json!({"type": "resume", "conversations": {group: 1}})).await;
        let rows = client.next_of("rows").await;
        assert_eq!((&rows["messages"], &rows["upto"]), (&json!([]), &json!(5)));
    })
    .await;
}

#[tokio::test]
async fn whoever_has_left_or_is_blocked_takes_back_what_they_said_and_learns_nothing_by_it() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben]).await;
        let photo = world.images.add(ben.user());
        let body = json!({"images": [{"media_id": photo, "alt": ""}]});
        let (_, own) = node.post_message(&ben, &group, body).await;
        let second = node.send(&ben, &group, "2", "mine as well").await;
        let others = node.send(&ana, &group, "3", "hers").await;
        assert_eq!(node.remove(&ana, &group, ben.user()).await.0, 204);
        let end = node.last_seq(&ben, &group).await;
        node.send(&ana, &group, "4", "not for ben").await;
        let mut anas = node.connect(&ana).await;

        let (status, left) = node.erase(&ben, &group, &own).await;
        assert_eq!((status, &left["images"], left["deleted_at"].is_string()), (200, &json!([]), true), "{left}");
        assert_eq!(left["changed_seq"], json!(end), "how much was said since is not his to know");
        let frame = anas.next_of("message").await;
        assert_eq!((&frame["message"]["id"], &frame["message"]["images"]), (&own["id"], &json!([])));
        assert!(frame["message"]["deleted_at"].is_string() && frame["seq"].as_i64().unwrap() > end, "{frame}");
        assert!(!world.images.in_use().contains(&photo), "the file goes as well");
        assert_eq!(node.erase(&ben, &group, &own).await, (200, left), "again changes nothing");
        assert_eq!(node.last_seq(&ben, &group).await, end);
        assert!(node.message(&ben, &group, &own).await.1["deleted_at"].is_string());
        refused(node.erase(&ben, &group, &others).await, 403, "cannot_send");
        // Back again, with a window that begins later.
        assert_eq!(node.add(&ana, &group, &[&ben]).await.0, 200);
        assert_eq!(node.message(&ben, &group, &second).await.0, 404);
        assert_eq!(node.erase(&ben, &group, &second).await.0, 200);
        assert_eq!(node.message(&ana, &group, &second).await.1["body"], "");
        assert_eq!(node.message(&ben, &group, &second).await.0, 404);
        refused(node.erase(&ben, &group, &others).await, 404, "not_found");

        let direct = node.open(&ana, &ben).await;
        let own = node.send(&ben, &direct, "1", "mine").await;
        world.people.block(ana.user(), ben.user()).await;
        refused(node.edit(&ben, &direct, &own, "changed").await, 403, "cannot_send");
        assert_eq!(node.erase(&ben, &direct, &own).await.0, 200);
        assert_eq!(node.message(&ana, &direct, &own).await.1["body"], "");
    })
    .await;
}

#[tokio::test]
async fn who_has_not_answered_a_request_changes_nothing() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let message = node.send(&ana, &conversation, "1", "hello").await;
        for state in ["requested", "declined"] {
            world.set_state(&fresh.db, &conversation, &ben, state).await;
            refused(node.react(&ben, &conversation, &message, "👍").await, 403, "request_pending");
            refused(node.edit(&ana, &conversation, &message, state).await, 403, "request_pending");
        }
    })
    .await;
}
