//! Notifications where services work together: the bell agrees with the list, what is taken back leaves both, and
//! nothing tells of a block.

use serde_json::{Value, json};
use village_testkit::{Person, Socket, text};

use crate::support::{Village, eventually, on_both_engines};

fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap_or_else(|| panic!("no id in {thing}"))
}

async fn list(person: &Person) -> Vec<Value> {
    let (status, page) = person.get("/notifications?limit=100").await;
    assert_eq!((status, &page["next"]), (200, &Value::Null), "{page}");
    page["items"].as_array().unwrap().clone()
}

async fn unread(person: &Person) -> usize {
    list(person).await.iter().filter(|item| item["read"] == false).count()
}

/// Every number that says how many are unread says as many as the list shows so.
async fn assert_agrees(person: &Person, expected: usize) {
    let items = list(person).await;
    assert_eq!(items.iter().filter(|item| item["read"] == false).count(), expected, "{items:#?}");
    for item in &items {
        let named = item["actors"].as_array().unwrap().len() as i64;
        assert_eq!(named, item["actor_count"].as_i64().unwrap().min(3), "{item}");
    }
    let state = person.get("/notifications/state").await.1;
    assert_eq!(state["unread_count"], expected, "the bell");
    let answer = person.put("/notifications/read", &json!({ "seq": 0 })).await.1;
    assert_eq!(answer["unread_count"], expected, "the answer to marking read");
    let (_, welcome) = Socket::open(person).await;
    assert_eq!(welcome["unread_notifications"], expected, "the hello");
}

#[tokio::test]
async fn the_bell_says_what_the_list_shows_in_every_relation() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let (ben, eve) = (village.join("ben").await, village.join("eve").await);
        for (one, other) in [(&ana, &ben), (&ben, &ana), (&eve, &ana)] {
            assert_eq!(one.post("/users/follow", &json!({ "user_id": other.id })).await.0, 200);
        }
        let anas = ana.post("/posts", &json!({ "body": "Home at last." })).await.1;
        let bens = ben.post("/posts", &json!({ "body": "Congratulations!" })).await.1;
        for person in [&ben, &eve] {
            assert_eq!(person.put(&format!("/posts/{}/like", id(&anas)), &Value::Null).await.0, 200);
        }
        let comments = format!("/posts/{}/comments", id(&anas));
        assert_eq!(ben.post(&comments, &json!({ "body": "So happy for you." })).await.0, 201);
        let group = json!({ "name": "Night shift", "member_ids": [ana.id, eve.id] });
        let group = ben.post("/conversations/groups", &group).await.1;
        assert_eq!(ben.post(&talk(&group, "messages"), &message("1", "Is anybody awake?")).await.0, 201);
        // A follow, a post, likes, a comment, a message.
        eventually("all of it is told", async || unread(&ana).await == 5).await;
        let likes = async || {
            let items = list(&ana).await;
            let likes = items.into_iter().find(|item| item["kind"] == "post_liked");
            likes.map_or(0, |item| item["actor_count"].as_i64().unwrap())
        };
        eventually("both likes are", async || likes().await == 2).await;
        assert_agrees(&ana, 5).await;

        for (blocker, blocked) in [(&ana, &ben), (&ben, &ana)] {
            let block = format!("/users/{}/block", blocked.id);
            assert_eq!(blocker.put(&block, &Value::Null).await.0, 200);
            assert_eq!(likes().await, 1, "only Eve's");
            // That she follows, and that she likes it.
            assert_agrees(&ana, 2).await;
            assert_eq!(blocker.delete(&block).await.0, 200);
            // A block ends follows for good, and with them the sight of posts for followers.
            assert_agrees(&ana, 4).await;
        }
        assert_eq!(ana.delete(&format!("/conversations/{}/members/{}", id(&group), ana.id)).await.0, 204);
        assert_agrees(&ana, 3).await;
        assert_eq!(ben.delete(&format!("/posts/{}", id(&bens))).await.0, 204);
        assert_agrees(&ana, 3).await;
        assert_eq!(ana.delete(&format!("/posts/{}", id(&anas))).await.0, 204);
        assert_agrees(&ana, 1).await;
    })
    .await;
}

fn talk(conversation: &Value, what: &str) -> String {
    format!("/conversations/{}/{what}", id(conversation))
}

fn message(client_id: &str, body: &str) -> Value {
    json!({ "client_id": client_id, "body": body })
}

/// The next change of a notification of `kind`, or of its being gone.
async fn told(socket: &mut Socket) -> Value {
    socket
        .next("a change of a notification", |frame| {
            matches!(frame["type"].as_str(), Some("notification" | "notification_removed"))
        })
        .await
}

#[tokio::test]
async fn what_is_taken_back_leaves_the_bell_while_one_looks_at_it() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let ben = village.join("ben").await;
        assert_eq!(ana.post("/users/follow", &json!({ "user_id": ben.id })).await.0, 200);
        assert_eq!(ben.post("/users/follow", &json!({ "user_id": ana.id })).await.0, 200);
        eventually("the follow is told", async || unread(&ana).await == 1).await;
        let channel = json!({ "slug": "preemies", "name": "Preemies", "visibility": "open" });
        let channel = ana.post("/channels", &channel).await.1;
        let post = json!({ "channel_id": channel["id"], "body": "Home at last." });
        let post = ana.post("/posts", &post).await.1;
        let conversation = ben.post("/conversations", &json!({ "user_id": ana.id })).await.1;
        let (mut phone, welcome) = Socket::open(&ana).await;
        let before = welcome["notification_seq"].as_i64().unwrap();

        let like = format!("/posts/{}/like", id(&post));
        let comments = format!("/posts/{}/comments", id(&post));
        let messages = talk(&conversation, "messages");
        let mut gone = Vec::new();
        for round in 0..4 {
            // What is done, and the path by whose deletion it is taken back.
            let path = match round {
                0 => {
                    assert_eq!(ben.put(&like, &Value::Null).await.0, 200);
                    like.clone()
                }
                1 => format!("{comments}/{}", id(&ben.post(&comments, &json!({ "body": "Lovely." })).await.1)),
                2 => format!("{messages}/{}", id(&ben.post(&messages, &message("1", "Awake?")).await.1)),
                _ => {
                    // The first follow was told before; this takes it back.
                    format!("/users/{}/follow", ana.id)
                }
            };
            if round < 3 {
                let new = told(&mut phone).await;
                assert_eq!((&new["type"], &new["unread_count"]), (&json!("notification"), &json!(2)), "{new}");
                gone.push(text(&new, "/notification/id"));
            }
            assert!(ben.delete(&path).await.0 < 300, "{path}");
            let removed = told(&mut phone).await;
            let left = if round < 3 { 1 } else { 0 };
            assert_eq!((&removed["type"], &removed["unread_count"]), (&json!("notification_removed"), &json!(left)));
            if round < 3 {
                assert_eq!(removed["notification_id"], json!(gone[round]));
            }
            assert_agrees(&ana, left).await;
        }
        // A device that was away hears the same.
        let mut tablet = Socket::connect(village.base()).await;
        let hello = json!({
            "type": "hello", "token": ana.token(), "resume": { "conversations": {}, "notification_seq": before }
        });
        tablet.request(hello).await.unwrap();
        for seq in [2, 4, 6, 7] {
            let removed = told(&mut tablet).await;
            assert_eq!(removed["notification_seq"], json!(before + seq), "{removed}");
        }
        // A like is announced once ever.
        assert_eq!(ben.put(&like, &Value::Null).await.0, 200);
        assert_eq!(ben.post(&comments, &json!({ "body": "Again." })).await.0, 201);
        assert_eq!(told(&mut phone).await["notification"]["kind"], "comment_added");
        assert_agrees(&ana, 1).await;
    })
    .await;
}

#[tokio::test]
async fn an_edit_that_mentions_somebody_is_an_act_and_can_be_taken_back() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let (ben, eve) = (village.join("ben").await, village.join("eve").await);
        for person in [&ana, &eve] {
            assert_eq!(person.post("/users/follow", &json!({ "user_id": ben.id })).await.0, 200);
        }
        let group = json!({ "name": "Night shift", "member_ids": [ana.id, eve.id] });
        let group = ben.post("/conversations/groups", &group).await.1;
        let settings = json!({ "notify": "mentions" });
        assert_eq!(ana.put(&talk(&group, "settings"), &settings).await.0, 200);
        let (mut phone, _) = Socket::open(&ana).await;
        let (_, sent) = ben.post(&talk(&group, "messages"), &message("1", "Who is awake?")).await;
        let kinds =
            async |person: &Person| list(person).await.iter().filter(|one| one["kind"] == "message_sent").count();
        eventually("the message is told to Eve", async || kinds(&eve).await == 1).await;
        assert_eq!(kinds(&ana).await, 0);

        let path = format!("{}/{}", talk(&group, "messages"), id(&sent));
        assert_eq!(ben.patch(&path, &json!({ "body": "Are you awake, @ana?" })).await.0, 200);
        let new = told(&mut phone).await;
        assert_eq!((&new["notification"]["kind"], kinds(&ana).await), (&json!("message_sent"), 1));
        assert_eq!(ben.patch(&path, &json!({ "body": "Never mind." })).await.0, 200);
        let removed = told(&mut phone).await;
        assert_eq!(removed["notification_id"], new["notification"]["id"], "{removed}");
        assert_eq!((kinds(&ana).await, kinds(&eve).await), (0, 1));
        assert_eq!(ben.delete(&path).await.0, 200);
        eventually("the message is gone for Eve", async || kinds(&eve).await == 0).await;
    })
    .await;
}

#[tokio::test]
async fn no_ledger_tells_of_a_block_and_nobody_is_told_across_it() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let (ben, eve) = (village.join("ben").await, village.join("eve").await);
        for (one, other) in [(&ana, &eve), (&ben, &eve), (&eve, &ana), (&eve, &ben), (&ben, &ana), (&ana, &ben)] {
            assert_eq!(one.post("/users/follow", &json!({ "user_id": other.id })).await.0, 200);
        }
        let channel = json!({ "slug": "preemies", "name": "Preemies", "visibility": "open" });
        let channel = ana.post("/channels", &channel).await.1;
        for person in [&ben, &eve] {
            assert_eq!(person.put(&format!("/channels/{}/membership", id(&channel)), &Value::Null).await.0, 200);
        }
        let group = json!({ "name": "Night shift", "member_ids": [ana.id, ben.id] });
        let group = eve.post("/conversations/groups", &group).await.1;
        eventually("the follows are told", async || unread(&ana).await + unread(&ben).await == 2).await;
        assert_eq!(ana.put(&format!("/users/{}/block", ben.id), &Value::Null).await.0, 200);
        for (number, (one, other)) in [(&ana, &ben), (&ben, &ana)].into_iter().enumerate() {
            let body = format!("Hello, @{}!", if number == 0 { "ben" } else { "ana" });
            let post = json!({ "channel_id": channel["id"], "body": "Hello." });
            assert_eq!(one.post("/posts", &post).await.0, 201);
            let (_, sent) = one.post(&talk(&group, "messages"), &message("1", "Hello.")).await;
            let path = format!("{}/{}", talk(&group, "messages"), id(&sent));
            assert_eq!(one.patch(&path, &json!({ "body": body })).await.0, 200);
            assert_eq!(other.get(&format!("/users/{}", one.id)).await.0, if number == 0 { 404 } else { 200 });
        }
        // Whatever reached Eve has been decided for all.
        eventually("Eve is told of posts and messages", async || {
            let items = list(&eve).await;
            let of = |kind: &str| items.iter().filter(|item| item["kind"] == kind).collect::<Vec<_>>();
            of("post_published").len() == 2 && of("message_sent").iter().any(|item| item["actor_count"] == 2)
        })
        .await;
        for person in [&ana, &ben] {
            let (status, ledger) = person.get("/notifications/decisions?limit=100").await;
            assert_eq!(status, 200);
            for entry in ledger["items"].as_array().unwrap() {
                assert!(!matches!(entry["reason"].as_str(), Some("blocked" | "not_visible")), "{entry}");
                assert_eq!(entry["kind"], "followed", "{entry}");
            }
            let items = list(person).await;
            let shown: Vec<_> = items.iter().map(|item| (&item["kind"], &item["actors"][0]["handle"])).collect();
            assert_eq!(shown, [(&json!("followed"), &json!("eve"))]);
        }
        let document = village.openapi().await;
        let reasons = document["components"]["schemas"]["DecisionReason"].to_string();
        assert!(reasons.contains("not_visible") && !reasons.contains("blocked"), "{reasons}");
    })
    .await;
}
