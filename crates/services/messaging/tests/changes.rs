//! Editing, deleting and reacting: what all see of it, and that it is right when many do it at once.

mod support;

use std::sync::Arc;

use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use support::{Node, World, encoded, message_path, refused, settings};
use village_testkit::{Fresh, on_both_engines};

#[tokio::test]
async fn an_edit_replaces_the_body_and_keeps_what_was_said_before() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let message = node.send(&ana, &conversation, "1", "one").await;
        assert_eq!(
            (&message["kind"], &message["edited_at"], &message["images"]),
            (&json!("text"), &Value::Null, &json!([]))
        );
        fresh.clock.advance(std::time::Duration::from_secs(60));
        let (status, edited) = node.edit(&ana, &conversation, &message, " two ").await;
        assert_eq!((status, &edited["body"], &edited["changed_seq"]), (200, &json!("two"), &json!(2)), "{edited}");
        assert_eq!((&edited["seq"], &edited["number"], &edited["client_id"]), (&json!(1), &json!(1), &json!("1")));
        assert!(edited["edited_at"].is_string());
        // What changes nothing takes no seq.
        let (_, same) = node.edit(&ana, &conversation, &message, "two").await;
        assert_eq!((same, node.last_seq(&ana, &conversation).await), (edited.clone(), 2));
        node.edit(&ana, &conversation, &message, "three").await;
        let (status, edits) = node.get(&ben, &format!("{}/edits", message_path(&conversation, &message))).await;
        let said: Vec<&str> =
            edits["items"].as_array().unwrap().iter().map(|edit| edit["body"].as_str().unwrap()).collect();
        assert_eq!((status, said), (200, vec!["one", "two"]));
        assert_eq!(edits["items"][0]["written_at"], message["created_at"]);
        assert_eq!(edits["items"][1]["written_at"], edited["edited_at"]);
        // It is not new: nothing more is unread, and it is no newer in the list.
        let (_, shown) = node.get(&ben, &format!("/conversations/{conversation}")).await;
        assert_eq!((&shown["unread_count"], &shown["last_message"]["body"]), (&json!(1), &json!("three")));

        refused(node.edit(&ben, &conversation, &message, "mine").await, 403, "not_the_sender");
        refused(node.edit(&eve, &conversation, &message, "mine").await, 404, "not_found");
        refused(node.edit(&ana, &conversation, &message, "  ").await, 422, "invalid_request");
        refused(node.edit(&ana, &conversation, &message, &"x".repeat(4_001)).await, 422, "invalid_request");
        let elsewhere = node.open(&ana, &eve).await;
        refused(node.edit(&ana, &elsewhere, &message, "x").await, 404, "not_found");
        world.people.block(ben.user(), ana.user()).await;
        refused(node.edit(&ana, &conversation, &message, "x").await, 403, "cannot_send");
        assert_eq!(node.last_seq(&ana, &conversation).await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_message_is_edited_fifty_times_at_most() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let message = node.send(&ana, &conversation, "1", "0").await;
        for turn in 1..=50 {
            assert_eq!(node.edit(&ana, &conversation, &message, &turn.to_string()).await.0, 200);
        }
        refused(node.edit(&ana, &conversation, &message, "51").await, 409, "too_many_edits");
        assert_eq!(node.edit(&ana, &conversation, &message, "50").await.0, 200, "nothing to edit");
    })
    .await;
}

#[tokio::test]
async fn of_a_deleted_message_only_that_it_was_there_is_left() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let message = node.send(&ana, &conversation, "1", "secret").await;
        node.edit(&ana, &conversation, &message, "secret too").await;
        node.react(&ben, &conversation, &message, "👍").await;
        refused(node.erase(&ben, &conversation, &message).await, 403, "not_the_sender");
        refused(node.erase(&eve, &conversation, &message).await, 404, "not_found");
        let (status, deleted) = node.erase(&ana, &conversation, &message).await;
        assert_eq!((status, &deleted["body"], &deleted["changed_seq"]), (200, &json!(""), &json!(4)), "{deleted}");
        assert_eq!((&deleted["reactions"], &deleted["edited_at"]), (&json!([]), &Value::Null));
        assert!(deleted["deleted_at"].is_string());
        assert_eq!(node.erase(&ana, &conversation, &message).await, (200, deleted.clone()));
        assert_eq!(node.last_seq(&ana, &conversation).await, 4, "deleting again takes no seq");
        let path = message_path(&conversation, &message);
        assert_eq!(node.get(&ben, &format!("{path}/edits")).await.1["items"], json!([]));
        assert_eq!(node.get(&ben, &format!("{path}/reactions")).await.1["items"], json!([]));
        assert_eq!(node.history(&ana, &conversation).await, vec![deleted]);
        refused(node.edit(&ana, &conversation, &message, "again").await, 409, "message_deleted");
        refused(node.react(&ben, &conversation, &message, "👍").await, 409, "message_deleted");
        assert_eq!(node.unreact(&ben, &conversation, &message, "👍").await.0, 200, "it is gone already");
        for table in ["messaging_edits", "messaging_reactions"] {
            let mut reader = fresh.db.reader().await.unwrap();
            let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
            let (count,): (i64,) = village_db::fetch_one!(&mut reader, sql).unwrap();
            assert_eq!(count, 0, "{table}");
        }
        // The number stays taken: the next message has the next one.
        assert_eq!(node.send(&ana, &conversation, "2", "next").await["number"], 2);
    })
    .await;
}

#[tokio::test]
async fn reactions_are_counted_once_a_person_in_the_order_of_first_use() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let group = world.group(&fresh.db, &[&ana, &ben]).await;
        let message = node.send(&ana, &group, "1", "hello").await;
        node.react(&ben, &group, &message, "🎉").await;
        let (status, shown) = node.react(&ben, &group, &message, "❤️").await;
        let expected = json!([{"emoji": "🎉", "count": 1, "me": true}, {"emoji": "❤️", "count": 1, "me": true}]);
        assert_eq!((status, &shown["reactions"], &shown["changed_seq"]), (200, &expected, &json!(3)));
        assert_eq!(node.react(&ben, &group, &message, "❤️").await, (200, shown), "again changes nothing");
        let (_, shown) = node.react(&ana, &group, &message, "❤️").await;
        let expected = json!([{"emoji": "🎉", "count": 1, "me": false}, {"emoji": "❤️", "count": 2, "me": true}]);
        assert_eq!(shown["reactions"], expected);
        let path = format!("{}/reactions", message_path(&group, &message));
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let (status, page) = node.get(&ana, &format!("{path}?limit=2&cursor={cursor}")).await;
            assert_eq!(status, 200, "{page}");
            for item in page["items"].as_array().unwrap() {
                seen.push((item["emoji"].clone(), item["user"]["id"].clone()));
            }
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        let (ana_id, ben_id) = (json!(ana.user()), json!(ben.user()));
        assert_eq!(seen, [(json!("🎉"), ben_id.clone()), (json!("❤️"), ben_id), (json!("❤️"), ana_id)]);
        node.unreact(&ben, &group, &message, "🎉").await;
        let (_, shown) = node.unreact(&ben, &group, &message, "🎉").await;
        assert_eq!((&shown["reactions"][0]["emoji"], &shown["changed_seq"]), (&json!("❤️"), &json!(5)));

        for emoji in ["a", "12", "👍👍", " ", "👍 nice"] {
            refused(node.react(&ana, &group, &message, emoji).await, 422, "invalid_request");
        }
        refused(node.react(&eve, &group, &message, "👍").await, 404, "not_found");
        refused(node.unreact(&eve, &group, &message, "❤️").await, 404, "not_found");
        assert_eq!(node.get(&eve, &path).await.0, 404);
        // Five different ones each, twenty of all.
        let all = [
            "😀", "😁", "😂", "😃", "😄", "😅", "😆", "😇", "😈", "😉", "😊", "😋", "😌", "😍", "😎", "😏", "😐", "😑",
            "😒", "😓", "😔",
        ];
        let mut people = vec![ben.clone()];
        for _ in 0..5 {
            let person = world.person().await;
            world.add_to(&fresh.db, &group, &person, "member").await;
            people.push(person);
        }
        let message = node.send(&ana, &group, "2", "hello").await;
        for (position, emoji) in all[..20].iter().enumerate() {
            assert_eq!(node.react(&people[position / 5], &group, &message, emoji).await.0, 200);
        }
        refused(node.react(&people[0], &group, &message, all[7]).await, 409, "too_many_reactions");
        refused(node.react(&people[5], &group, &message, all[20]).await, 409, "too_many_reactions");
        let (_, shown) = node.react(&people[5], &group, &message, all[0]).await;
        assert_eq!((&shown["reactions"][0]["count"], shown["reactions"].as_array().unwrap().len()), (&json!(2), 20));
    })
    .await;
}

#[tokio::test]
async fn changes_are_told_live_and_on_the_socket_each_in_its_own_eyes() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let message = node.send(&ana, &conversation, "c1", "hello").await;
        // What a device asks for may reach it live before the answer, so others of the same people listen.
        let (mut ana_asks, mut ben_asks) = (node.connect(&ana).await, node.connect(&ben).await);
        let mut ana_hears = node.connect(&world.device_of(ana.user())).await;
        let mut ben_hears = node.connect(&world.device_of(ben.user())).await;
        let id = &message["id"];
        let ask = |kind: &str, fields: Value| {
            let mut frame = json!({"type": kind, "conversation_id": conversation, "message_id": id});
            frame.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            frame
        };
        let ack = ana_asks.ask(ask("edit", json!({"body": "hello!"}))).await;
        assert_eq!(ack["result"]["message"]["body"], "hello!", "{ack}");
        for (client, client_id) in [(&mut ana_hears, json!("c1")), (&mut ben_hears, Value::Null)] {
            let frame = client.next_of("message").await;
            assert_eq!(
                (&frame["seq"], &frame["prev_seq"], &frame["message"]["seq"]),
                (&json!(2), &json!(1), &json!(1))
            );
            assert_eq!((&frame["message"]["body"], &frame["message"]["client_id"]), (&json!("hello!"), &client_id));
        }
        let ack = ben_asks.ask(ask("react", json!({"emoji": "👍", "on": true}))).await;
        assert_eq!(ack["result"]["message"]["reactions"][0]["me"], true, "{ack}");
        for (client, me) in [(&mut ana_hears, false), (&mut ben_hears, true)] {
            let frame = client.next_of("message").await;
            assert_eq!(frame["message"]["reactions"], json!([{"emoji": "👍", "count": 1, "me": me}]));
        }
        ben_asks.ask(ask("react", json!({"emoji": "👍", "on": false}))).await;
        assert_eq!(ana_hears.next_of("message").await["message"]["reactions"], json!([]));
        for (frame, code) in [
            (ask("edit", json!({"body": "x"})), "not_the_sender"),
            (ask("delete", json!({})), "not_the_sender"),
            (ask("react", json!({"emoji": "nope", "on": true})), "invalid_request"),
        ] {
            assert_eq!(ben_asks.ask(frame).await["code"], code);
        }
        let ack = ana_asks.ask(ask("delete", json!({}))).await;
        assert!(ack["result"]["message"]["deleted_at"].is_string(), "{ack}");
        let frame = ana_hears.next_of("message").await;
        assert_eq!((&frame["seq"], &frame["message"]["body"]), (&json!(5), &json!("")));
        assert_eq!(ana_asks.ask(ask("edit", json!({"body": "x"}))).await["code"], "message_deleted");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_that_race_are_one_after_the_other_and_each_seq_is_taken_once() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Arc::new(Node::start(fresh, &world, settings()).await);
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let message = node.send(&ana, &conversation, "1", "start").await;
        let path = message_path(&conversation, &message);
        let call = |device: &support::Device, method: Method, path: String, body: Option<Value>| {
            let (node, device) = (node.clone(), device.clone());
            tokio::spawn(async move { node.call(&device, method, &path, body).await })
        };
        // Editors: each edit is kept, whoever came first.
        let edits =
            (0..16).map(|turn| call(&ana, Method::PATCH, path.clone(), Some(json!({"body": format!("{turn}")}))));
        let answers = join_all(edits).await;
        assert!(answers.iter().all(|answer| answer.as_ref().unwrap().0 == 200));
        assert_eq!(node.last_seq(&ana, &conversation).await, 17);
        let (_, edits) = node.get(&ben, &format!("{path}/edits")).await;
        let mut said: Vec<String> =
            edits["items"].as_array().unwrap().iter().map(|edit| edit["body"].as_str().unwrap().to_owned()).collect();
        said.push(node.message(&ana, &conversation, &message).await.1["body"].as_str().unwrap().to_owned());
        let expected: Vec<String> =
            ["start".to_owned()].into_iter().chain((0..16).map(|turn| turn.to_string())).collect();
        assert_eq!(said[0], "start");
        said.sort();
        let mut sorted = expected;
        sorted.sort();
        assert_eq!(said, sorted);
        // The same reaction from many devices is one.
        let reaction = format!("{path}/reactions/{}", encoded("👍"));
        let reacts = (0..12).map(|_| call(&ben, Method::PUT, reaction.clone(), None));
        let answers: Vec<(u16, Value)> = join_all(reacts).await.into_iter().map(Result::unwrap).collect();
        assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
        assert_eq!(node.last_seq(&ana, &conversation).await, 18);
        let unreacts = (0..12).map(|_| call(&ben, Method::DELETE, reaction.clone(), None));
        assert!(join_all(unreacts).await.into_iter().all(|answer| answer.unwrap().0 == 200));
        assert_eq!(node.last_seq(&ana, &conversation).await, 19);
        // Editing against deleting: whatever the order, it ends deleted and holds nothing.
        for round in 0..6 {
            let message = node.send(&ana, &conversation, &format!("r{round}"), "start").await;
            let path = message_path(&conversation, &message);
            let edits =
                (0..3).map(|turn| call(&ana, Method::PATCH, path.clone(), Some(json!({"body": format!("{turn}")}))));
            let react = call(&ben, Method::PUT, format!("{path}/reactions/{}", encoded("👍")), None);
            let deletes = (0..2).map(|_| call(&ana, Method::DELETE, path.clone(), None));
            let all: Vec<_> = edits.chain([react]).chain(deletes).collect();
            let answers: Vec<(u16, Value)> = join_all(all).await.into_iter().map(Result::unwrap).collect();
            for (status, answer) in &answers {
                assert!(*status == 200 || answer["code"] == "message_deleted", "{answer}");
            }
            let (_, left) = node.message(&ben, &conversation, &message).await;
            assert_eq!((&left["body"], &left["reactions"], &left["edited_at"]), (&json!(""), &json!([]), &Value::Null));
            assert_eq!(node.get(&ben, &format!("{path}/edits")).await.1["items"], json!([]));
            assert_eq!(node.get(&ben, &format!("{path}/reactions")).await.1["items"], json!([]));
        }
    })
    .await;
}
