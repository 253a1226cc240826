//! Messages that are more than words: answers, images, mentions, copies, pins.

mod support;

use std::sync::Arc;

use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use support::album::State;
use support::{Node, World, message_path, refused, settings};
use village_kernel::MediaId;
use village_testkit::{Fresh, on_both_engines};

#[tokio::test]
async fn an_answer_names_a_message_that_its_sender_sees() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let group = world.group(&fresh.db, &[&ana, &ben]).await;
        let early = node.send(&ana, &group, "1", "early").await;
        let (status, answer) = node.post_message(&ben, &group, json!({"body": "yes", "reply_to": early["id"]})).await;
        assert_eq!((status, &answer["reply_to"]), (201, &json!({"seq": 1, "message_id": early["id"]})), "{answer}");
        assert_eq!(node.history(&ana, &group).await[1]["reply_to"], answer["reply_to"]);
        world.add_to(&fresh.db, &group, &eve, "member").await;
        let elsewhere = node.open(&ana, &eve).await;
        let other = node.send(&ana, &elsewhere, "1", "elsewhere").await;
        let gone = node.send(&ana, &group, "2", "gone").await;
        node.erase(&ana, &group, &gone).await;
        for (device, message) in [(&eve, &early), (&ana, &other), (&ana, &gone)] {
            refused(
                node.post_message(device, &group, json!({"body": "x", "reply_to": message["id"]})).await,
                422,
                "invalid_request",
            );
        }
        let stranger = world.person().await;
        let asked = json!({"body": "x", "reply_to": early["id"]});
        refused(node.post_message(&stranger, &group, asked).await, 404, "not_found");
        // What was acknowledged stays so, although what it answers is gone.
        let body = json!({"client_id": "again", "body": "yes", "reply_to": early["id"]});
        let path = format!("/conversations/{group}/messages");
        let first = node.call(&ben, Method::POST, &path, Some(body.clone())).await;
        node.erase(&ana, &group, &early).await;
        assert_eq!(node.call(&ben, Method::POST, &path, Some(body)).await, (200, first.1));
    })
    .await;
}

#[tokio::test]
async fn images_go_with_a_message_and_with_the_last_one_that_shows_them() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let with_eve = node.open(&ben, &eve).await;
        let (first, second) = (world.images.add(ana.user()), world.images.add(ana.user()));
        let mut client = node.connect(&ben).await;
        let body = json!({"images": [{"media_id": first, "alt": "A  cat\n asleep"}, {"media_id": second}]});
        let (status, sent) = node.post_message(&ana, &conversation, body).await;
        assert_eq!((status, &sent["body"]), (201, &json!("")), "{sent}");
        assert_eq!(
            (&sent["images"][0]["media_id"], &sent["images"][0]["alt"]),
            (&json!(first), &json!("A cat asleep"))
        );
        assert_eq!(client.next_of("message").await["message"]["images"], sent["images"]);
        assert_eq!(node.history(&ben, &conversation).await[0]["images"], sent["images"]);
        assert_eq!(world.images.in_use().len(), 2);
        // A caption may be added, and taken away again.
        assert_eq!(node.edit(&ana, &conversation, &sent, "look").await.0, 200);
        assert_eq!(node.edit(&ana, &conversation, &sent, "").await.0, 200);

        let waiting = world.images.put(ana.user(), State::Processing);
        let of_ben = world.images.add(ben.user());
        let fresh_one = world.images.add(ana.user());
        for (images, status, code) in [
            (json!([{"media_id": waiting}]), 409, "media_not_ready"),
            (json!([{"media_id": of_ben}]), 422, "invalid_request"),
            (json!([{"media_id": first}]), 422, "invalid_request"),
            (json!([{"media_id": fresh_one}, {"media_id": fresh_one}]), 422, "invalid_request"),
            (json!([{"media_id": fresh_one, "alt": "x".repeat(501)}]), 422, "invalid_request"),
            (json!(vec![json!({"media_id": fresh_one}); 11]), 422, "invalid_request"),
            (json!([{"media_id": fresh_one, "url": "x"}]), 422, "invalid_request"),
        ] {
            refused(node.post_message(&ana, &conversation, json!({"images": images})).await, status, code);
        }
        refused(node.post_message(&ana, &conversation, json!({})).await, 422, "invalid_request");

        let forward = json!({"forward_of": {"conversation_id": conversation, "message_id": sent["id"]}});
        let (status, copy) = node.post_message(&ben, &with_eve, forward.clone()).await;
        assert_eq!((status, &copy["forwarded"], &copy["images"]), (201, &json!(true), &sent["images"]), "{copy}");
        assert_eq!(copy["sender_id"], json!(ben.user()));
        node.erase(&ana, &conversation, &sent).await;
        assert_eq!(world.images.state(first), State::Attached, "the copy still shows it");
        assert_eq!(node.history(&eve, &with_eve).await[0]["images"], sent["images"]);
        refused(node.post_message(&ben, &with_eve, forward).await, 422, "invalid_request");
        node.erase(&ben, &with_eve, &copy).await;
        assert_eq!((world.images.state(first), world.images.state(second)), (State::Released, State::Released));
        assert_eq!(node.history(&eve, &with_eve).await[0]["images"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_copy_is_made_of_what_its_sender_sees_and_of_nothing_else() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        world.people.call(ben.user(), "ben").await;
        let group = world.group(&fresh.db, &[&ana, &ben]).await;
        let to = node.open(&ben, &eve).await;
        let said = node.send(&ana, &group, "1", "hello @ben").await;
        assert_eq!(said["mentions"], json!([ben.user()]));
        let of = |message: &Value| json!({"forward_of": {"conversation_id": group, "message_id": message["id"]}});
        let (status, copy) = node.post_message(&ben, &to, of(&said)).await;
        assert_eq!((status, &copy["body"], &copy["forwarded"]), (201, &json!("hello @ben"), &json!(true)), "{copy}");
        assert_eq!(copy["mentions"], json!([]), "nobody is addressed by a copy");
        world.leave(&fresh.db, &group, &ben).await;
        node.edit(&ana, &group, &said, "not for ben").await;
        let later = node.send(&ana, &group, "2", "nor this").await;
        let (_, copy) = node.post_message(&ben, &to, of(&said)).await;
        assert_eq!(copy["body"], "hello @ben");
        for (device, message) in [(&ben, &later), (&eve, &said)] {
            refused(node.post_message(device, &to, of(message)).await, 422, "invalid_request");
        }
        let mut with_body = of(&said);
        with_body["body"] = json!("and so");
        refused(node.post_message(&ana, &group, with_body).await, 422, "invalid_request");
        node.erase(&ana, &group, &said).await;
        refused(node.post_message(&ben, &to, of(&said)).await, 422, "invalid_request");
        let (_, page) = node.get(&ana, &format!("/conversations/{group}/messages?around=0")).await;
        assert!(page["items"].is_array());
    })
    .await;
}

#[tokio::test]
async fn members_are_mentioned_by_handle_and_others_are_not() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve, tom) =
            (world.person().await, world.person().await, world.person().await, world.person().await);
        for (person, handle) in [(&ana, "ana"), (&ben, "ben"), (&eve, "eve"), (&tom, "tom")] {
            world.people.call(person.user(), handle).await;
        }
        let group = world.group(&fresh.db, &[&ana, &ben, &eve]).await;
        world.leave(&fresh.db, &group, &eve).await;
        let said = node.send(&ana, &group, "1", "@Ben, @eve, @tom and ana@ben.example").await;
        assert_eq!(said["mentions"], json!([ben.user()]));
        let (_, edited) = node.edit(&ana, &group, &said, "@ana @ben").await;
        let mut both = vec![ana.user(), ben.user()];
        both.sort();
        assert_eq!(edited["mentions"], json!(both));
        assert_eq!(node.edit(&ana, &group, &said, "nobody").await.1["mentions"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn before_they_accept_five_messages_of_text_may_be_sent_and_an_answer_accepts() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        for state in ["requested", "declined"] {
            let (ana, ben) = if state == "requested" { (&ana, &ben) } else { (&world.person().await, &ben) };
            let conversation = node.open(ana, ben).await;
            world.set_state(&fresh.db, &conversation, ben, state).await;
            let image = world.images.add(ana.user());
            let said = node.send(ana, &conversation, "1", "hello").await;
            let of = json!({"forward_of": {"conversation_id": conversation, "message_id": said["id"]}});
            refused(node.post_message(ana, &conversation, of.clone()).await, 403, "request_pending");
            let with_image = json!({"images": [{"media_id": image}]});
            refused(node.post_message(ana, &conversation, with_image.clone()).await, 403, "request_pending");
            for turn in 2..=5 {
                node.send(ana, &conversation, &turn.to_string(), "hello").await;
            }
            refused(node.try_send(ana, &conversation, "6", "hello").await, 403, "request_pending");
            assert_eq!(node.try_send(ana, &conversation, "5", "hello").await.0, 200, "a repeat of what was sent");
            assert_eq!(node.last_seq(ana, &conversation).await, 5);
            node.send(ben, &conversation, "x", "who is it?").await;
            assert_eq!(node.get(ben, &format!("/conversations/{conversation}")).await.1["state"], "active");
            node.send(ana, &conversation, "6", "me").await;
            assert_eq!(node.post_message(ana, &conversation, with_image).await.0, 201);
        }
    })
    .await;
}

#[tokio::test]
async fn pins_are_set_by_those_who_may_and_listed_with_the_last_one_first() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let direct = node.open(&ana, &ben).await;
        let first = node.send(&ana, &direct, "1", "first").await;
        let second = node.send(&ana, &direct, "2", "second").await;
        let (status, pinned) = node.pin(&ben, &direct, &second, true).await;
        assert_eq!((status, pinned["pinned_at"].is_string(), &pinned["changed_seq"]), (200, true, &json!(3)));
        assert_eq!(node.pin(&ana, &direct, &second, true).await.1["changed_seq"], 3, "it is pinned already");
        node.pin(&ana, &direct, &first, true).await;
        let pins = async |device, conversation: &str| {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let (status, page) =
                    node.get(device, &format!("/conversations/{conversation}/pins?limit=1&cursor={cursor}")).await;
                assert_eq!(status, 200, "{page}");
                seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["seq"].as_i64().unwrap()));
                match page["next"].as_str() {
                    Some(next) => cursor = next.to_owned(),
                    None => break seen,
                }
            }
        };
        let count = async |conversation: &str| {
            node.get(&ana, &format!("/conversations/{conversation}")).await.1["pinned_count"].as_i64().unwrap()
        };
        assert_eq!((pins(&ben, &direct).await, count(&direct).await), (vec![1, 2], 2));
        node.pin(&ben, &direct, &first, false).await;
        assert_eq!(node.pin(&ben, &direct, &first, false).await.1["pinned_at"], Value::Null);
        node.erase(&ana, &direct, &second).await;
        assert_eq!((pins(&ben, &direct).await, count(&direct).await), (vec![], 0));
        refused(node.pin(&ana, &direct, &second, true).await, 409, "message_deleted");
        refused(node.pin(&eve, &direct, &first, true).await, 404, "not_found");
        assert_eq!(node.get(&eve, &format!("/conversations/{direct}/pins")).await.0, 404);
        world.people.block(ben.user(), ana.user()).await;
        refused(node.pin(&ana, &direct, &first, true).await, 403, "cannot_send");

        let group = world.group(&fresh.db, &[&ana, &eve]).await;
        let mut messages = Vec::new();
        for turn in 0..51 {
            messages.push(node.send(&eve, &group, &turn.to_string(), "hello").await);
        }
        refused(node.pin(&eve, &group, &messages[0], true).await, 403, "not_an_admin");
        for message in &messages[..50] {
            assert_eq!(node.pin(&ana, &group, message, true).await.0, 200);
        }
        refused(node.pin(&ana, &group, &messages[50], true).await, 409, "too_many_pins");
        world.leave(&fresh.db, &group, &eve).await;
        node.pin(&ana, &group, &messages[0], false).await;
        node.pin(&ana, &group, &messages[50], true).await;
        let seen = pins(&eve, &group).await;
        assert!(!seen.contains(&51) && seen.len() == 49, "{seen:?}");
        assert_eq!(node.message(&eve, &group, &messages[50]).await.1["pinned_at"], Value::Null);
    })
    .await;
}

#[tokio::test]
async fn a_page_around_a_message_holds_what_was_said_before_and_after() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        for turn in 1..=20 {
            node.send(&ana, &conversation, &turn.to_string(), "hello").await;
        }
        let around = async |query: &str| {
            let (status, page) = node.get(&ben, &format!("/conversations/{conversation}/messages?{query}")).await;
            assert_eq!(status, 200, "{page}");
            let seqs = page["items"].as_array().unwrap().iter().map(|item| item["seq"].as_i64().unwrap());
            (seqs.collect::<Vec<_>>(), page["next"].as_str().map(str::to_owned))
        };
        let (seqs, next) = around("around=10&limit=6").await;
        assert_eq!(seqs, [13, 12, 11, 10, 9, 8]);
        assert_eq!(around(&format!("limit=6&cursor={}", next.unwrap())).await.0, [7, 6, 5, 4, 3, 2]);
        assert_eq!(around("around=20&limit=4").await.0, [20, 19, 18, 17]);
        assert_eq!(around("around=1&limit=4").await, (vec![3, 2, 1], None));
        assert_eq!(around("around=9223372036854775807&limit=1").await.0, [20]);
        let path = format!("/conversations/{conversation}/messages?around=5&cursor=NQ");
        refused(node.get(&ben, &path).await, 422, "invalid_request");
        assert_eq!(node.get(&ben, &format!("/conversations/{conversation}/messages?around=x")).await.0, 422);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_is_forwarded_and_deleted_at_once_is_shown_or_gone_but_never_half() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Arc::new(Node::start(fresh, &world, settings()).await);
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let with_eve = node.open(&ben, &eve).await;
        for _ in 0..8 {
            let image: MediaId = world.images.add(ana.user());
            let body = json!({"images": [{"media_id": image}]});
            let (_, sent) = node.post_message(&ana, &conversation, body).await;
            let forward = json!({"forward_of": {"conversation_id": conversation, "message_id": sent["id"]}});
            let forwards = (0..3).map(|_| {
                let (node, ben, with_eve, forward) = (node.clone(), ben.clone(), with_eve.clone(), forward.clone());
                tokio::spawn(async move { node.post_message(&ben, &with_eve, forward).await })
            });
            let path = message_path(&conversation, &sent);
            let deletion = {
                let (node, ana) = (node.clone(), ana.clone());
                tokio::spawn(async move { node.call(&ana, Method::DELETE, &path, None).await })
            };
            let copies: Vec<_> = join_all(forwards.chain([deletion])).await.into_iter().map(Result::unwrap).collect();
            let shown: Vec<&Value> = copies.iter().filter(|(status, _)| *status == 201).map(|(_, copy)| copy).collect();
            assert!(copies.iter().all(|(status, _)| [200, 201, 422].contains(status)), "{copies:?}");
            let expected = if shown.is_empty() { State::Released } else { State::Attached };
            assert_eq!(world.images.state(image), expected);
            for copy in &shown {
                assert_eq!(copy["images"][0]["media_id"], json!(image));
                node.erase(&ben, &with_eve, copy).await;
            }
            assert_eq!(world.images.state(image), State::Released);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forward_locks_the_conversation_before_the_images_as_a_deletion_does() {
    let fresh = village_testkit::fresh_postgres().await;
    let world = World::new(&fresh).await;
    let node = Arc::new(Node::start(&fresh, &world, settings()).await);
    let (ana, ben) = (world.person().await, world.person().await);
    let conversation = node.open(&ana, &ben).await;
    let image: MediaId = world.images.add(ana.user());
    let (_, sent) = node.post_message(&ana, &conversation, json!({"images": [{"media_id": image}]})).await;
    let mut deletion = fresh.db.postgres_pool().unwrap().begin().await.unwrap();
    let lock = "select 1 from messaging_conversations for no key update";
    sqlx::query(lock).execute(&mut *deletion).await.unwrap();
    let forward = {
        let of = json!({"forward_of": {"conversation_id": conversation, "message_id": sent["id"]}});
        let (node, ana, conversation) = (node.clone(), ana.clone(), conversation.clone());
        tokio::spawn(async move { node.post_message(&ana, &conversation, of).await })
    };
    support::eventually("the forward waits for the conversation", async || {
        let waiting = "select count(*) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'";
        let (count,): (i64,) = sqlx::query_as(waiting).fetch_one(fresh.db.postgres_pool().unwrap()).await.unwrap();
        count > 0
    })
    .await;
    let counts = "select 1 from messaging_media for update nowait";
    sqlx::query(counts).execute(&mut *deletion).await.expect("nobody holds the counts of the images meanwhile");
    deletion.rollback().await.unwrap();
    assert_eq!(forward.await.unwrap().0, 201);
    drop(node);
    fresh.discard().await;
}
