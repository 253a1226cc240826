//! Where conversations meet other services: channels, notifications, media.

use serde_json::{Value, json};
use village_testkit::{Person, Socket, pictures, text};

use crate::support::{Village, eventually, on_both_engines, refused};

fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap_or_else(|| panic!("no id in {thing}"))
}

/// The kinds and read states of somebody's notifications of messages.
async fn told_of_messages(person: &Person) -> Vec<bool> {
    let list = person.get("/notifications").await.1;
    let items = list["items"].as_array().unwrap().iter();
    items.filter(|item| item["kind"] == "message_sent").map(|item| item["read"].as_bool().unwrap()).collect()
}

#[tokio::test]
async fn leaving_a_private_channel_leaves_its_conversation_in_the_same_breath() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let (ben, eve) = (village.join("ben").await, village.join("eve").await);
        let channel = json!({ "slug": "family", "name": "Family", "visibility": "private" });
        let channel = ana.post("/channels", &channel).await.1;
        let membership = format!("/channels/{}/membership", id(&channel));
        let invitation = format!("/channels/{}/invitations/{}", id(&channel), ben.id);
        assert_eq!(ana.put(&invitation, &Value::Null).await.0, 204);
        let path = format!("/conversations/channels/{}", id(&channel));
        refused(ben.put(&path, &Value::Null).await, 404, "not_found");
        assert_eq!(ben.put(&membership, &Value::Null).await.0, 200);
        assert_eq!(ana.put(&path, &Value::Null).await.0, 201);
        let (status, talk) = ben.put(&path, &Value::Null).await;
        assert_eq!((status, &talk["name"], &talk["channel"]["slug"]), (201, &json!("Family"), &channel["slug"]));
        assert_eq!(ben.put(&path, &Value::Null).await.0, 200);
        refused(eve.put(&path, &Value::Null).await, 404, "not_found");
        let messages = format!("/conversations/{}/messages", id(&talk));
        assert_eq!(ana.post(&messages, &json!({ "client_id": "1", "body": "Hello." })).await.0, 201);

        assert_eq!(ben.delete(&membership).await.0, 204);
        let left = ben.get(&format!("/conversations/{}", id(&talk))).await.1;
        assert_eq!((&left["state"], &left["channel"], &left["name"]), (&json!("left"), &Value::Null, &Value::Null));
        refused(ben.post(&messages, &json!({ "client_id": "1", "body": "Wait!" })).await, 403, "cannot_send");
        refused(ben.put(&path, &Value::Null).await, 404, "not_found");
        assert_eq!(ana.post(&messages, &json!({ "client_id": "2", "body": "He is gone." })).await.0, 201);
        let seen = ben.get(&messages).await.1;
        let bodies: Vec<&str> = seen["items"].as_array().unwrap().iter().filter_map(|m| m["body"].as_str()).collect();
        assert!(bodies.contains(&"Hello.") && !bodies.contains(&"He is gone."), "{seen}");
        assert_eq!(ana.get(&format!("/conversations/{}", id(&talk))).await.1["member_count"], 1);
    })
    .await;
}

#[tokio::test]
async fn reading_a_conversation_reads_its_notification_and_requests_and_mutes_make_none() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let (ben, eve, tom) = (village.join("ben").await, village.join("eve").await, village.join("tom").await);
        for person in [&ben, &eve] {
            assert_eq!(person.post("/users/follow", &json!({ "user_id": ana.id })).await.0, 200);
        }
        let group = json!({ "name": "Night shift", "member_ids": [ben.id, eve.id, tom.id] });
        let group = ana.post("/conversations/groups", &group).await.1;
        let of = |what: &str| format!("/conversations/{}/{what}", id(&group));
        assert_eq!(eve.put(&of("settings"), &json!({ "notify": "none" })).await.0, 200);
        let (_, sent) = ana.post(&of("messages"), &json!({ "client_id": "1", "body": "Is anybody awake?" })).await;
        let why = async |person: &Person| -> Vec<Value> {
            let list = person.get("/notifications/decisions").await.1;
            let items = list["items"].as_array().unwrap().iter();
            items.filter(|item| item["kind"] == "message_sent").map(|item| item["reason"].clone()).collect()
        };
        for (person, reason) in [(&ben, "in_conversation"), (&eve, "muted"), (&tom, "request")] {
            eventually("it is decided", async || why(person).await == [json!(reason)]).await;
        }
        assert_eq!(told_of_messages(&ben).await, [false]);
        assert!(told_of_messages(&eve).await.is_empty());
        assert!(told_of_messages(&tom).await.is_empty());
        let unread = async || ben.get("/notifications/state").await.1["unread_count"].as_i64().unwrap();
        let before = unread().await;
        assert_eq!(ben.put(&of("read"), &json!({ "seq": sent["seq"] })).await.0, 200);
        assert_eq!((told_of_messages(&ben).await, unread().await), (vec![true], before - 1));
    })
    .await;
}

#[tokio::test]
async fn what_is_marked_read_on_one_device_is_read_on_the_others() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let ben = village.join("ben").await;
        let (mut phone, _) = Socket::open(&ana.log_in().await).await;
        assert_eq!(ben.post("/users/follow", &json!({ "user_id": ana.id })).await.0, 200);
        let told = phone.next("he follows her", |frame| frame["type"] == "notification").await;
        assert_eq!((&told["notification"]["read"], &told["unread_count"]), (&json!(false), &json!(1)));
        let read = json!({ "seq": told["notification_seq"] });
        let (status, state) = ana.put("/notifications/read", &read).await;
        assert_eq!((status, &state["unread_count"]), (200, &json!(0)));
        let told = phone.next("it is read", |frame| frame["type"] == "notification").await;
        assert_eq!((&told["notification"]["read"], &told["unread_count"]), (&json!(true), &json!(0)));
        assert_eq!(told["notification_seq"], state["seq"]);
        assert_eq!(ana.put("/notifications/read", &read).await.1, state, "again is nothing new");
    })
    .await;
}

#[tokio::test]
async fn a_group_s_picture_is_an_avatar_of_whoever_sets_it_and_seen_by_members_only() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let ben = village.join("ben").await;
        let upload =
            async |purpose: &str| text(&ana.upload("image/jpeg", pictures::jpeg(320, 240), purpose).await, "/id");
        let media = upload("avatar").await;
        let group = json!({ "name": "Night shift", "member_ids": [ben.id], "picture_media_id": media });
        let theft = json!({ "name": "x", "member_ids": [ana.id], "picture_media_id": media });
        refused(ben.post("/conversations/groups", &theft).await, 422, "invalid_request");
        let (status, group) = ana.post("/conversations/groups", &group).await;
        assert_eq!((status, &group["picture"]["media_id"]), (201, &json!(media)), "{group}");
        let path = format!("/conversations/{}", id(&group));
        assert_eq!(ben.get(&path).await.1["picture"], Value::Null, "not before he accepts");
        assert_eq!(ben.post(&format!("{path}/accept"), &Value::Null).await.0, 200);
        assert_eq!(ben.get(&path).await.1["picture"]["media_id"], json!(media));
        let post = upload("post").await;
        refused(ana.patch(&path, &json!({ "picture_media_id": post })).await, 422, "invalid_request");
        assert_eq!(ben.delete(&format!("{path}/members/{}", ben.id)).await.0, 204);
        assert_eq!(ben.get(&path).await.1["picture"], Value::Null);
    })
    .await;
}

/// What a person is told of a message's reactions, and whom they are listed; of the members too.
async fn told_and_listed(person: &Person, message: &Value) -> [(i64, usize); 2] {
    let group = message["conversation_id"].as_str().unwrap();
    let path = format!("/conversations/{group}/messages/{}", id(message));
    let shown = person.get(&path).await.1;
    let count = shown["reactions"].as_array().unwrap().iter().map(|one| one["count"].as_i64().unwrap()).sum();
    let listed = person.get(&format!("{path}/reactions")).await.1["items"].as_array().unwrap().len();
    let members = person.get(&format!("/conversations/{group}")).await.1["member_count"].as_i64().unwrap();
    let names = person.get(&format!("/conversations/{group}/members")).await.1["items"].as_array().unwrap().len();
    [(count, listed), (members, names)]
}

#[tokio::test]
async fn in_a_group_a_block_is_told_to_the_blocker_s_devices_and_seen_by_the_blocker_alone() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let (ben, eve) = (village.join("ben").await, village.join("eve").await);
        for person in [&ben, &eve] {
            assert_eq!(person.post("/users/follow", &json!({ "user_id": ana.id })).await.0, 200);
        }
        let group = json!({ "name": "Night shift", "member_ids": [ben.id, eve.id] });
        let group = ana.post("/conversations/groups", &group).await.1;
        let messages = format!("/conversations/{}/messages", id(&group));
        let (_, message) = eve.post(&messages, &json!({ "client_id": "1", "body": "Is anybody awake?" })).await;
        for (person, emoji) in [(&ben, "%F0%9F%91%8D"), (&eve, "%F0%9F%91%8D")] {
            let path = format!("{messages}/{}/reactions/{emoji}", id(&message));
            assert_eq!(person.put(&path, &Value::Null).await.0, 200);
        }
        let (mut phone, welcome) = Socket::open(&ana.log_in().await).await;
        let (mut other, _) = Socket::open(&ben.log_in().await).await;
        assert_eq!(welcome["blocks"], "0");

        let block = format!("/users/{}/block", ben.id);
        assert_eq!(ana.put(&block, &Value::Null).await.0, 200);
        let mark = phone.next_of("blocks").await["blocks"].clone();
        assert_ne!(mark, "0");
        assert_eq!(Socket::open(&ana).await.1["blocks"], mark);
        assert_eq!(told_and_listed(&ana, &message).await, [(1, 1), (3, 3)]);
        for person in [&ben, &eve] {
            assert_eq!(told_and_listed(person, &message).await, [(2, 2), (3, 3)]);
        }
        let said = json!({ "client_id": "1", "body": "I am." });
        let (status, said) = ben.post(&messages, &said).await;
        assert_eq!(status, 201);
        // Her app folds it by the list that only she can read.
        phone.next("it comes to her all the same", |frame| frame["message"]["id"] == said["id"]).await;
        assert_eq!(ana.get("/users/blocks").await.1["items"][0]["id"], said["sender_id"]);
        assert_eq!(ben.get("/users/blocks").await.1["items"], json!([]));
        other.next("it comes to him", |frame| frame["message"]["id"] == said["id"]).await;
        assert!(other.so_far().await.iter().all(|frame| frame["type"] != "blocks"));

        assert_eq!(ana.delete(&block).await.0, 200);
        assert_eq!(phone.next_of("blocks").await["blocks"], "0");
        assert_eq!(told_and_listed(&ana, &message).await, [(2, 2), (3, 3)]);
    })
    .await;
}

#[tokio::test]
async fn what_is_deleted_leaves_every_count_of_what_is_unread() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let ben = village.join("ben").await;
        assert_eq!(ben.post("/users/follow", &json!({ "user_id": ana.id })).await.0, 200);
        let talk = ana.post("/conversations", &json!({ "user_id": ben.id })).await.1;
        let of = |what: &str| format!("/conversations/{}{what}", id(&talk));
        let mut sent = Vec::new();
        for turn in 0..3 {
            let body = json!({ "client_id": turn.to_string(), "body": "Are you up?" });
            sent.push(ana.post(&of("/messages"), &body).await.1);
        }
        let unread = async || {
            let listed = ben.get("/conversations").await.1["items"][0]["unread_count"].clone();
            [
                ben.get("/conversations/unread").await.1["unread_count"].clone(),
                listed,
                ben.get(&of("")).await.1["unread_count"].clone(),
            ]
        };
        assert_eq!(unread().await, [3, 3, 3]);
        assert_eq!(ana.delete(&of(&format!("/messages/{}", id(&sent[1])))).await.0, 200);
        assert_eq!(unread().await, [2, 2, 2]);
        let state = ben.put(&of("/read"), &json!({ "seq": sent[0]["seq"] })).await.1;
        assert_eq!(state["unread_count"], 1);
        assert_eq!(ana.delete(&of(&format!("/messages/{}", id(&sent[2])))).await.0, 200);
        assert_eq!(unread().await, [0, 0, 0]);
    })
    .await;
}
