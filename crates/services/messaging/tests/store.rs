//! What both engines promise, asked through REST.

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use support::{Node, World, settings};
use village_db::fetch_one;
use village_testkit::{Fresh, on_both_engines};

async fn outbox_events(fresh: &Fresh) -> i64 {
    let mut reader = fresh.db.reader().await.unwrap();
    let (count,): (i64,) = fetch_one!(&mut reader, "select count(*) from bus_outbox").unwrap();
    count
}

fn numbers(messages: &[Value], field: &str) -> Vec<i64> {
    messages.iter().map(|message| message[field].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_senders_at_once_get_gapless_seqs_and_numbers_and_one_event_each() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Arc::new(Node::start(fresh, &world, settings()).await);
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let sends = (0..50).map(|turn| {
            let (node, conversation) = (node.clone(), conversation.clone());
            let sender = if turn % 2 == 0 { ana.clone() } else { ben.clone() };
            tokio::spawn(async move { node.send(&sender, &conversation, &format!("c{turn}"), "hello").await })
        });
        let sent: Vec<Value> = join_all(sends).await.into_iter().map(Result::unwrap).collect();
        let expected: Vec<i64> = (1..=50).collect();
        let acknowledged: BTreeSet<i64> = numbers(&sent, "seq").into_iter().collect();
        assert_eq!(acknowledged.into_iter().collect::<Vec<_>>(), expected);
        let history = node.history(&ana, &conversation).await;
        assert_eq!(numbers(&history, "seq"), expected);
        assert_eq!(numbers(&history, "number"), expected);
        assert_eq!(outbox_events(fresh).await, 50);
        // What was acknowledged is what is stored.
        for message in &sent {
            let stored = &history[message["seq"].as_i64().unwrap() as usize - 1];
            assert_eq!(stored["id"], message["id"]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn identical_sends_that_race_are_one_message_and_take_one_seq() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Arc::new(Node::start(fresh, &world, settings()).await);
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        for round in 0..10 {
            let sends = (0..8).map(|_| {
                let (node, conversation, ana) = (node.clone(), conversation.clone(), ana.clone());
                tokio::spawn(async move { node.try_send(&ana, &conversation, &format!("r{round}"), "once").await })
            });
            let answers: Vec<(u16, Value)> = join_all(sends).await.into_iter().map(Result::unwrap).collect();
            let created = answers.iter().filter(|(status, _)| *status == 201).count();
            let repeated = answers.iter().filter(|(status, _)| *status == 200).count();
            assert_eq!((created, repeated), (1, 7), "{answers:?}");
            assert!(answers.iter().all(|(_, message)| message == &answers[0].1));
        }
        let history = node.history(&ana, &conversation).await;
        assert_eq!(numbers(&history, "seq"), (1..=10).collect::<Vec<_>>());
        assert_eq!(outbox_events(fresh).await, 10);
        // The same client_id of the other person is another message.
        assert_eq!(node.send(&ben, &conversation, "r0", "mine").await["seq"], 11);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_have_one_conversation_however_they_race_to_open_it() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Arc::new(Node::start(fresh, &world, settings()).await);
        let people = join_all((0..4).map(|_| world.person())).await;
        let opens = (0..24).map(|turn| {
            let (node, people) = (node.clone(), people.clone());
            let (one, other) = [(0, 1), (1, 0), (2, 3), (3, 2), (0, 2), (2, 0)][turn % 6];
            tokio::spawn(async move {
                let body = json!({"user_id": people[other].user()});
                let (status, conversation) = node.call(&people[one], Method::POST, "/conversations", Some(body)).await;
                (status, conversation["id"].as_str().unwrap().to_owned())
            })
        });
        let opened: Vec<(u16, String)> = join_all(opens).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(opened.iter().map(|(_, id)| id).collect::<BTreeSet<_>>().len(), 3);
        assert_eq!(opened.iter().filter(|(status, _)| *status == 201).count(), 3);
        assert!(opened.iter().all(|(status, _)| [200, 201].contains(status)));
        let (_, list) = node.get(&people[0], "/conversations").await;
        assert_eq!(list["items"].as_array().unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_conversation_is_opened_only_with_somebody_who_is_there_and_not_across_a_block() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve, tom) =
            (world.person().await, world.person().await, world.person().await, world.person().await);
        world.people.block(eve.user(), ana.user()).await;
        world.people.suspend(tom.user()).await;
        let ghost = world.device_of(village_kernel::UserId::new(world.now));
        let open = async |from: &support::Device, to: &support::Device| {
            node.call(from, Method::POST, "/conversations", Some(json!({"user_id": to.user()}))).await.0
        };
        for (from, to, status) in [
            (&ana, &ghost, 404),
            (&ana, &tom, 404),
            (&ana, &eve, 404),
            (&eve, &ana, 404),
            (&ana, &ana, 422),
            (&ana, &ben, 201),
            (&ben, &ana, 200),
        ] {
            assert_eq!(open(from, to).await, status);
        }
        for (body, status) in
            [(json!({}), 422), (json!({"user_id": "x"}), 422), (json!({"user_id": ben.user(), "x": 1}), 422)]
        {
            assert_eq!(node.call(&ana, Method::POST, "/conversations", Some(body)).await.0, status);
        }
    })
    .await;
}

#[tokio::test]
async fn a_block_stops_sending_both_ways_but_what_was_said_stays_readable() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        node.send(&ana, &conversation, "1", "hello").await;
        world.people.block(ben.user(), ana.user()).await;
        for (device, client_id) in [(&ana, "2"), (&ben, "3")] {
            let (status, problem) = node.try_send(device, &conversation, client_id, "no").await;
            assert_eq!((status, problem["code"].as_str()), (403, Some("cannot_send")));
            let (_, shown) = node.get(device, &format!("/conversations/{conversation}")).await;
            assert_eq!(shown["can_send"], false);
            assert_eq!(node.history(device, &conversation).await.len(), 1);
        }
        // A repeat of what was acknowledged is still acknowledged.
        assert_eq!(node.try_send(&ana, &conversation, "1", "hello").await.0, 200);
        world.people.unblock(ben.user(), ana.user()).await;
        assert_eq!(node.send(&ana, &conversation, "2", "again").await["seq"], 2);
    })
    .await;
}

#[tokio::test]
async fn unread_is_what_others_sent_since_the_mark_which_never_moves_back() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let other = node.open(&eve, &ben).await;
        for turn in 0..5 {
            node.send(&ana, &conversation, &turn.to_string(), "hello").await;
        }
        node.send(&eve, &other, "x", "hello").await;
        let unread = async |device| node.get(device, "/conversations/unread").await.1["unread_count"].as_i64().unwrap();
        let read = async |seq: i64| {
            let path = format!("/conversations/{conversation}/read");
            let (status, state) = node.call(&ben, Method::PUT, &path, Some(json!({"seq": seq}))).await;
            assert_eq!(status, 200, "{state}");
            (state["read_seq"].as_i64().unwrap(), state["unread_count"].as_i64().unwrap())
        };
        assert_eq!((unread(&ana).await, unread(&ben).await), (0, 6));
        assert_eq!(read(3).await, (3, 2));
        assert_eq!(read(1).await, (3, 2));
        assert_eq!(unread(&ben).await, 3);
        assert_eq!(read(1_000_000).await, (5, 0));
        // Sending reads all that was there.
        node.send(&ana, &conversation, "y", "one more").await;
        assert_eq!(unread(&ben).await, 2);
        node.send(&ben, &conversation, "z", "answer").await;
        assert_eq!((unread(&ana).await, unread(&ben).await), (1, 1));
        let (_, shown) = node.get(&ana, &format!("/conversations/{conversation}")).await;
        assert_eq!(
            (&shown["read_seq"], &shown["peer_read_seq"], &shown["last_seq"]),
            (&json!(6), &json!(7), &json!(7))
        );
        assert_eq!((&shown["unread_count"], &shown["last_message"]["body"]), (&json!(1), &json!("answer")));
        let path = format!("/conversations/{conversation}/read");
        assert_eq!(node.call(&ben, Method::PUT, &path, Some(json!({"seq": -1}))).await.0, 422);
    })
    .await;
}

#[tokio::test]
async fn lists_are_paged_by_activity_without_loss_or_repetition() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let ana = world.person().await;
        let mut conversations = Vec::new();
        for _ in 0..7 {
            let peer = world.person().await;
            conversations.push(node.open(&ana, &peer).await);
            fresh.clock.advance(std::time::Duration::from_millis(1));
        }
        // The third one stirs; the others are as old as they were opened.
        node.send(&ana, &conversations[2], "1", "hello").await;
        let mut expected = vec![conversations.remove(2)];
        expected.extend(conversations.into_iter().rev());
        for limit in [1, 3, 7, 100] {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let (status, page) = node.get(&ana, &format!("/conversations?limit={limit}&cursor={cursor}")).await;
                assert_eq!(status, 200, "{page}");
                seen.extend(
                    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()),
                );
                match page["next"].as_str() {
                    Some(next) => cursor = next.to_owned(),
                    None => break,
                }
            }
            assert_eq!(seen, expected, "limit {limit}");
        }
        for path in ["/conversations?cursor=nonsense", "/conversations?cursor=WyJ4Il0"] {
            let (status, problem) = node.get(&ana, path).await;
            assert_eq!((status, problem["code"].as_str()), (400, Some("invalid_cursor")));
        }
    })
    .await;
}

#[tokio::test]
async fn a_stranger_gets_the_same_404_as_for_what_does_not_exist() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        node.send(&ana, &conversation, "1", "hello").await;
        for id in [conversation.as_str(), "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77", "nonsense"] {
            let mut answers = vec![
                node.get(&eve, &format!("/conversations/{id}")).await,
                node.get(&eve, &format!("/conversations/{id}/messages")).await,
                node.try_send(&eve, id, "1", "hello").await,
                node.call(&eve, Method::PUT, &format!("/conversations/{id}/read"), Some(json!({"seq": 1}))).await,
            ];
            for (status, problem) in &mut answers {
                assert_eq!((*status, problem["code"].as_str()), (404, Some("not_found")), "{id}");
            }
        }
        assert_eq!(node.history(&ana, &conversation).await.len(), 1);
        // The client_id is the sender's own business.
        let seen_by_ben = &node.history(&ben, &conversation).await[0];
        assert_eq!(seen_by_ben["client_id"], Value::Null);
        assert_eq!(node.history(&ana, &conversation).await[0]["client_id"], "1");
    })
    .await;
}
