//! Searching messages, and catching up over REST.

mod support;

use http::Method;
use serde_json::{Value, json};
use support::{Device, Node, View, World, encoded, refused, settings};
use village_testkit::{Fresh, on_both_engines};

async fn found(node: &Node, device: &Device, q: &str, rest: &str) -> Vec<String> {
    let (status, page) = node.get(device, &format!("/conversations/search?q={}{rest}", encoded(q))).await;
    assert_eq!(status, 200, "{page}");
    page["items"].as_array().unwrap().iter().map(|item| item["body"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn messages_are_found_by_words_whatever_their_case_and_accents() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let with_eve = node.open(&ana, &eve).await;
        let bodies = [
            "Zoë slept through the night!",
            "The café at 3 a.m. — ÜBER loud",
            "e-mail ana@example.org or see https://village.example/path?x=1 for room 12b, 1e5 times, -3.14",
            "'quotes' & | ! ( ) : * \\ \"double\" OR NOT NEAR",
            "Привет, мир! Ångström 你好 नमस्ते",
        ];
        for (turn, body) in bodies.iter().enumerate() {
            node.send(&ana, &conversation, &turn.to_string(), body).await;
            fresh.clock.advance(std::time::Duration::from_secs(1));
        }
        node.send(&ana, &with_eve, "x", "zoe sleeps").await;
        for (q, expected) in [
            ("zoe", vec!["zoe sleeps", bodies[0]]),
            ("ZOË", vec!["zoe sleeps", bodies[0]]),
            ("zo", vec!["zoe sleeps", bodies[0]]),
            ("slept zo", vec![bodies[0]]),
            ("zo slept", vec![]),
            ("night through", vec![bodies[0]]),
            ("cafe uber", vec![bodies[1]]),
            ("Café!", vec![bodies[1]]),
            ("example.org", vec![bodies[2]]),
            ("ana@example", vec![bodies[2]]),
            ("village example path", vec![bodies[2]]),
            ("12b", vec![bodies[2]]),
            ("1e5", vec![bodies[2]]),
            ("3.14", vec![bodies[2]]),
            ("not near", vec![bodies[3]]),
            ("OR NOT", vec![bodies[3]]),
            ("\"double\" or", vec![bodies[3]]),
            ("привет", vec![bodies[4]]),
            ("angstrom", vec![bodies[4]]),
            ("你好", vec![bodies[4]]),
            ("' & | ! * :", vec![]),
            ("ight", vec![]),
            ("a'b\\ (c", vec![]),
        ] {
            assert_eq!(found(&node, &ana, q, "").await, expected, "{q}");
        }
        assert_eq!(found(&node, &ana, "zoe", &format!("&conversation_id={conversation}")).await, [bodies[0]]);
        assert_eq!(found(&node, &ben, "zoe", "").await, [bodies[0]]);
        assert!(found(&node, &ben, "zoe", &format!("&conversation_id={with_eve}")).await.is_empty());
        assert!(found(&node, &world.person().await, "zoe", "").await.is_empty());
        for q in ["", "q=", "q=a", "q=%20a%20"] {
            refused(node.get(&ana, &format!("/conversations/search?{q}")).await, 422, "invalid_request");
        }
        let long = "x".repeat(101);
        refused(node.get(&ana, &format!("/conversations/search?q={long}")).await, 422, "invalid_request");
        assert!(found(&node, &ana, &"ab ".repeat(33), "").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn only_what_one_may_see_and_what_it_says_now_is_found() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let group = world.group(&fresh.db, &[&ana, &ben]).await;
        let mut said = Vec::new();
        for turn in 0..5 {
            said.push(node.send(&ana, &group, &turn.to_string(), &format!("apple {turn}")).await);
            fresh.clock.advance(std::time::Duration::from_secs(1));
        }
        world.add_to(&fresh.db, &group, &eve, "member").await;
        node.edit(&ana, &group, &said[1], "pear 1").await;
        node.erase(&ana, &group, &said[2]).await;
        assert_eq!(found(&node, &ana, "apple", "").await, ["apple 4", "apple 3", "apple 0"]);
        assert_eq!(found(&node, &ana, "pear", "").await, ["pear 1"]);
        assert!(found(&node, &eve, "apple", "").await.is_empty());
        let image = world.images.add(ana.user());
        let (_, pictured) =
            node.post_message(&ana, &group, json!({"body": "apple pie", "images": [{"media_id": image}]})).await;
        assert_eq!(found(&node, &eve, "apple", "").await, ["apple pie"]);
        node.edit(&ana, &group, &pictured, "").await;
        assert!(found(&node, &eve, "apple", "").await.is_empty());
        world.leave(&fresh.db, &group, &ben).await;
        node.edit(&ana, &group, &said[0], "secret 0").await;
        node.send(&ana, &group, "y", "secret apple").await;
        assert!(found(&node, &ben, "secret", "").await.is_empty());
        assert_eq!(found(&node, &ben, "apple", "").await, ["apple 4", "apple 3"]);
        // Paged without loss or repetition, also where many were sent at one moment.
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let (_, page) = node.get(&ana, &format!("/conversations/search?q=apple&limit=1&cursor={cursor}")).await;
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["body"].clone()));
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(seen, ["secret apple", "apple 4", "apple 3"]);
        let expired = said[3]["seq"].as_i64().unwrap();
        world.expire(&fresh.db, &group, expired).await;
        assert_eq!(found(&node, &ana, "apple", "").await, ["secret apple", "apple 4"]);
        refused(node.get(&ana, "/conversations/search?q=apple&cursor=nonsense").await, 400, "invalid_cursor");
        // What is taken out of the table of messages is taken out of the index with it.
        let id: village_kernel::ConversationId = group.parse().unwrap();
        village_db::transaction!(&fresh.db, |tx| -> Result<u64, village_db::Error> {
            village_db::execute!(
                tx,
                "delete from messaging_messages where conversation_id = $1 and created_seq <= 4",
                id
            )
        })
        .unwrap();
        let mut reader = fresh.db.reader().await.unwrap();
        let sql = "select count(*) from messaging_search where created_seq <= 4";
        let (count,): (i64,) = village_db::fetch_one!(&mut reader, sql).unwrap();
        assert_eq!(count, 0);
        assert_eq!(found(&node, &ana, "apple", "").await, ["secret apple", "apple 4"]);
    })
    .await;
}

async fn sync(node: &Node, device: &Device, conversations: Value, membership_seq: Value) -> Value {
    let body = json!({"conversations": conversations, "membership_seq": membership_seq});
    let (status, synced) = node.call(device, Method::POST, "/conversations/sync", Some(body)).await;
    assert_eq!(status, 200, "{synced}");
    synced
}

#[tokio::test]
async fn catching_up_over_rest_tells_what_resuming_tells() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let group = world.group(&fresh.db, &[&ana, &ben]).await;
        let foreign = node.open(&ana, &eve).await;
        let mut said = Vec::new();
        for turn in 0..4 {
            said.push(node.send(&ana, &group, &turn.to_string(), "hello").await);
        }
        node.edit(&ana, &group, &said[0], "edited").await;
        node.react(&ana, &group, &said[1], "👍").await;
        node.erase(&ana, &group, &said[2]).await;
        node.pin(&ana, &group, &said[3], true).await;
        let mut client = node.connect(&ben).await;
        for from in 0..=8 {
            let synced = sync(&node, &ben, json!({group.clone(): from, foreign.clone(): 0}), Value::Null).await;
            assert_eq!(synced["conversations"].as_array().unwrap().len(), 1, "{synced}");
            let one = &synced["conversations"][0];
            assert_eq!((&one["gap"], &one["from"], &one["upto"]), (&json!(false), &json!(from), &json!(8)));
            client.send(json!({"type": "resume", "conversations": {group.clone(): from}})).await;
            assert_eq!(client.next_of("rows").await["messages"], one["messages"], "from {from}");
            assert_eq!((&synced["memberships"], &synced["more"]), (&json!([]), &json!(false)));
        }
        let ahead = sync(&node, &ben, json!({group.clone(): 9}), Value::Null).await;
        assert_eq!((&ahead["conversations"][0]["gap"], &ahead["conversations"][0]["upto"]), (&json!(true), &json!(8)));
        let synced = sync(&node, &ben, json!({}), json!(0)).await;
        assert_eq!((&synced["memberships"][0]["id"], &synced["membership_seq"]), (&json!(group), &json!(1)));
        let many: serde_json::Map<String, Value> =
            (0..201).map(|_| (uuid::Uuid::now_v7().to_string(), json!(0))).collect();
        let body = json!({"conversations": many});
        refused(node.call(&ben, Method::POST, "/conversations/sync", Some(body)).await, 422, "invalid_request");
        refused(
            node.call(&ben, Method::POST, "/conversations/sync", Some(json!({"conversations": {"x": 1}}))).await,
            422,
            "invalid_request",
        );
    })
    .await;
}

#[tokio::test]
async fn a_long_answer_is_cut_and_goes_on_where_it_ended() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let ana = world.person().await;
        let mut marks = serde_json::Map::new();
        let mut total = 0;
        for (count, _) in [(600, 'a'), (500, 'b'), (300, 'c')] {
            let peer = world.person().await;
            let conversation = node.open(&peer, &ana).await;
            for turn in 0..count {
                node.send(&peer, &conversation, &turn.to_string(), "hello").await;
            }
            marks.insert(conversation, json!(0));
            total += count;
        }
        let (mut views, mut rounds) = (std::collections::HashMap::<String, View>::new(), 0);
        loop {
            let synced = sync(&node, &ana, Value::Object(marks.clone()), Value::Null).await;
            rounds += 1;
            for one in synced["conversations"].as_array().unwrap() {
                let id = one["conversation_id"].as_str().unwrap().to_owned();
                let rows =
                    json!({"type": "rows", "from": one["from"], "upto": one["upto"], "messages": one["messages"]});
                assert!(views.entry(id.clone()).or_default().take(&rows));
                marks.insert(id, one["upto"].clone());
            }
            if synced["more"] == false {
                break;
            }
            assert!(rounds < 10);
        }
        assert!(rounds > 1);
        assert_eq!(views.values().map(|view| view.messages.len()).sum::<usize>(), total);
    })
    .await;
}

#[tokio::test]
async fn images_are_listed_without_the_words_between_them_to_those_who_see_their_messages() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let group = node.group(&ana, &[&ben]).await;
        let with_images = async |count: usize| {
            let images = (0..count).map(|_| json!({"media_id": world.images.add(ana.user())})).collect::<Vec<_>>();
            let (status, sent) = node.post_message(&ana, &group, json!({"images": images})).await;
            assert_eq!(status, 201, "{sent}");
            sent
        };
        let first = with_images(1).await;
        node.send(&ana, &group, "w1", "words").await;
        let second = with_images(3).await;
        let wrong = with_images(1).await;
        for turn in 0..5 {
            node.send(&ana, &group, &format!("more-{turn}"), "words").await;
        }
        let last = with_images(2).await;
        node.erase(&ana, &group, &wrong).await;
        let album = async |device: &Device| {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let (status, page) =
                    node.get(device, &format!("/conversations/{group}/images?limit=1&cursor={cursor}")).await;
                assert_eq!(status, 200, "{page}");
                let items = page["items"].as_array().unwrap();
                assert!(items.len() <= 1, "{page}");
                seen.extend(items.iter().map(|item| (item["seq"].clone(), item["images"].clone())));
                match page["next"].as_str() {
                    Some(next) => cursor = next.to_owned(),
                    None => break seen,
                }
            }
        };
        let shown = |messages: &[&Value]| {
            messages.iter().map(|item| (item["seq"].clone(), item["images"].clone())).collect::<Vec<_>>()
        };
        assert_eq!(album(&ben).await, shown(&[&last, &second, &first]));
        assert_eq!(node.get(&eve, &format!("/conversations/{group}/images")).await.0, 404);
        // Who comes later sees what was sent since, who left what was sent until then.
        assert_eq!(node.add(&ana, &group, &[&eve]).await.0, 200);
        assert_eq!(node.remove(&ben, &group, ben.user()).await.0, 204);
        let later = with_images(1).await;
        assert_eq!(album(&eve).await, shown(&[&later]));
        assert_eq!(album(&ben).await, shown(&[&last, &second, &first]));
        assert_eq!(album(&ana).await, shown(&[&later, &last, &second, &first]));
    })
    .await;
}
