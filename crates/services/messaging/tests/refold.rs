//! Texts of all scripts are found; what earlier versions stored is found and counted like what is stored now.

mod support;

use serde_json::{Value, json};
use support::{Device, Node, World, encoded, refused, settings};
use village_db::{execute, transaction};
use village_kernel::{ConversationId, UserId};
use village_testkit::{Fresh, on_both_engines};

async fn found(node: &Node, device: &Device, q: &str) -> Vec<String> {
    let (status, page) = node.get(device, &format!("/conversations/search?q={}", encoded(q))).await;
    assert_eq!(status, 200, "{page}");
    page["items"].as_array().unwrap().iter().map(|item| item["body"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn messages_are_found_in_every_script() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let bodies = [
            "Ωδή στην Straße von Łódź",
            "今日は東京都に行く",
            "l’amour de ma mother-in-law",
            "❤️",
            "สวัสดีครับ",
            "a_b 100%",
        ];
        for (turn, body) in bodies.iter().enumerate() {
            node.send(&ana, &conversation, &turn.to_string(), body).await;
        }
        for (q, expected) in [
            ("strasse", 0),
            ("LODZ", 0),
            ("στην lod", 0),
            ("東京", 1),
            ("京", 1),
            ("amour", 2),
            ("law", 2),
            ("❤", 3),
            ("ครับ", 4),
            ("a_", 5),
            ("100", 5),
        ] {
            assert_eq!(found(&node, &ben, q).await, [bodies[expected]], "{q}");
        }
        for q in ["京東", "axb", "100% sure", "😀"] {
            assert!(found(&node, &ben, q).await.is_empty(), "{q}");
        }
        for q in ["a", "%E2%80%8B%E2%80%8B", "%E3%85%A4"] {
            refused(node.get(&ana, &format!("/conversations/search?q={q}")).await, 422, "invalid_request");
        }
    })
    .await;
}

#[tokio::test]
async fn messages_that_were_folded_by_earlier_rules_are_found_once_the_pass_was_made() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        for (turn, body) in ["in der Straße", "😀", "gone"].iter().enumerate() {
            node.send(&ana, &conversation, &turn.to_string(), body).await;
        }
        // As the version before kept them: nothing of signs, and the letter that it did not know.
        transaction!(&fresh.db, |tx| -> Result<u64, village_db::Error> {
            execute!(tx, "delete from messaging_search where created_seq > 1")?;
            execute!(tx, "update messaging_search set words = 'in der straße'")
        })
        .unwrap();
        let gone = node.history(&ana, &conversation).await.pop().unwrap();
        let gone = if gone["body"] == "gone" { gone } else { node.history(&ana, &conversation).await.remove(0) };
        node.erase(&ana, &conversation, &gone).await;
        assert!(found(&node, &ben, "strasse").await.is_empty());
        assert_eq!(node.messaging.refold_once().await.unwrap(), 2);
        assert_eq!(found(&node, &ben, "strasse").await, ["in der Straße"]);
        assert_eq!(found(&node, &ben, "😀").await, ["😀"]);
        assert!(found(&node, &ben, "gone").await.is_empty());
        assert_eq!(node.messaging.refold_once().await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn an_emoji_is_one_reaction_however_a_device_types_it() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let message = node.send(&ana, &conversation, "1", "hello").await;
        node.react(&ana, &conversation, &message, "❤").await;
        node.react(&ana, &conversation, &message, "❤\u{fe0f}").await;
        let (_, shown) = node.react(&ben, &conversation, &message, "❤\u{fe0e}").await;
        assert_eq!(shown["reactions"], json!([{"emoji": "❤️", "count": 2, "me": true}]));
        let (status, shown) = node.unreact(&ben, &conversation, &message, "❤").await;
        assert_eq!((status, &shown["reactions"]), (200, &json!([{"emoji": "❤️", "count": 1, "me": false}])));
        node.react(&ana, &conversation, &message, "☝\u{fe0f}🏽").await;
        let (_, shown) = node.unreact(&ana, &conversation, &message, "☝🏽").await;
        assert_eq!(shown["reactions"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn two_forms_of_one_emoji_that_were_stored_become_one() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let message = node.send(&ana, &conversation, "1", "hello").await;
        node.react(&ana, &conversation, &message, "❤️").await;
        let (_, before) = node.react(&ana, &conversation, &message, "👍").await;
        let id: ConversationId = conversation.parse().unwrap();
        let people: [UserId; 2] = [ana.user(), ben.user()];
        // As the version before kept them: the sign alone is another reaction.
        transaction!(&fresh.db, |tx| -> Result<u64, village_db::Error> {
            for user in people {
                let sql = "insert into messaging_reactions
                               (conversation_id, created_seq, emoji, user_id, created_at, reacted_seq)
                           select conversation_id, created_seq, '❤', $2, created_at, changed_seq
                           from messaging_messages
                           where conversation_id = $1 and body = 'hello'";
                execute!(tx, sql, id, user)?;
            }
            execute!(
                tx,
                "update messaging_messages set reaction_count = 4 where conversation_id = $1 and body <> ''",
                id
            )
        })
        .unwrap();
        let last_seq = node.last_seq(&ana, &conversation).await;
        assert_eq!(node.messaging.refold_once().await.unwrap(), 2);
        let (_, shown) = node.message(&ben, &conversation, &message).await;
        let mut reactions: Vec<(Value, Value)> = Vec::new();
        for reaction in shown["reactions"].as_array().unwrap() {
            reactions.push((reaction["emoji"].clone(), reaction["count"].clone()));
        }
        reactions.sort_by_key(|(_, count)| count.as_i64());
        assert_eq!(reactions, [(json!("👍"), json!(1)), (json!("❤️"), json!(2))]);
        assert!(shown["changed_seq"].as_i64() > before["changed_seq"].as_i64(), "devices hear of it");
        assert_eq!(node.last_seq(&ana, &conversation).await, last_seq + 2);
        assert_eq!(node.messaging.refold_once().await.unwrap(), 0);
        let (count,): (i64,) = village_db::fetch_one!(
            &mut fresh.db.reader().await.unwrap(),
            "select reaction_count from messaging_messages where conversation_id = $1 and body <> ''",
            id
        )
        .unwrap();
        assert_eq!(count, 3);
    })
    .await;
}

#[tokio::test]
async fn a_message_has_something_to_be_seen_and_pasted_controls_are_line_breaks() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        for blank in ["\u{3164}", "\u{200b}\n", "\u{2800}", "\u{301}", "\u{fe0f}"] {
            refused(node.try_send(&ana, &conversation, "b", blank).await, 422, "invalid_request");
            let draft = json!({"body": blank});
            let (status, kept) = node.put(&ana, &format!("/conversations/{conversation}/draft"), draft).await;
            assert_eq!((status, kept), (200, Value::Null), "{blank:?}");
            let group = json!({"name": blank, "member_ids": [ben.user()]});
            refused(node.post(&ana, "/conversations/groups", group).await, 422, "invalid_request");
        }
        let sent = node.send(&ana, &conversation, "c", "one\u{b}two\u{2028}three\u{7}").await;
        assert_eq!(sent["body"], "one\ntwo\nthree");
        refused(node.edit(&ana, &conversation, &sent, "\u{200b}").await, 422, "invalid_request");
    })
    .await;
}
