//! The numbers of conversations and of the bell, beside their lists: see [`crate::counts`].

use std::cell::RefCell;

use serde_json::{Value, json};
use village_testkit::{Person, text};

use crate::counts::{Compared, all, compare};
use crate::support::{Village, eventually, on_both_engines};

async fn of_conversations(person: &Person) -> Vec<Compared> {
    let mut compared = Vec::new();
    let mut unread = 0;
    for conversation in all(person, "/conversations").await.unwrap() {
        let path = format!("/conversations/{}", text(&conversation, "/id"));
        if conversation["state"] != "left" {
            compare(person, &conversation, "member_count", &format!("{path}/members"), &mut compared).await;
        }
        compare(person, &conversation, "pinned_count", &format!("{path}/pins"), &mut compared).await;
        let messages = all(person, &format!("{path}/messages")).await.unwrap();
        let is_unread = |message: &&Value| {
            message["kind"] == "text"
                && message["sender_id"] != person.id.as_str()
                && message["deleted_at"].is_null()
                && message["seq"].as_i64() > conversation["read_seq"].as_i64()
        };
        unread += conversation["unread_count"].as_i64().unwrap();
        compared.push(Compared {
            what: format!("unread_count of {path}, for {}", person.handle),
            number: conversation["unread_count"].as_i64().unwrap(),
            listed: messages.iter().filter(is_unread).count(),
        });
        for message in &messages {
            let path = format!("{path}/messages/{}/reactions", text(message, "/id"));
            for reaction in message["reactions"].as_array().unwrap() {
                let given = all(person, &path).await.unwrap();
                compared.push(Compared {
                    what: format!("{} of {path}, for {}", reaction["emoji"], person.handle),
                    number: reaction["count"].as_i64().unwrap(),
                    listed: given.iter().filter(|one| one["emoji"] == reaction["emoji"]).count(),
                });
            }
        }
    }
    let total = person.get("/conversations/unread").await.1;
    compared.push(Compared {
        what: format!("unread_count of all conversations, for {}", person.handle),
        number: total["unread_count"].as_i64().unwrap(),
        listed: unread as usize,
    });
    compared
}

async fn of_notifications(person: &Person) -> Vec<Compared> {
    let state = person.get("/notifications/state").await.1;
    let items = all(person, "/notifications").await.unwrap();
    let mut compared = vec![Compared {
        what: format!("unread_count of the bell of {}: {items:?}", person.handle),
        number: state["unread_count"].as_i64().unwrap(),
        listed: items.iter().filter(|item| item["read"] == false).count(),
    }];
    for item in &items {
        let (actors, count) = (item["actors"].as_array().unwrap().len(), item["actor_count"].as_i64().unwrap());
        // At most three are named.
        if actors < 3 || count < 3 {
            let what = format!("actor_count of {item}, for {}", person.handle);
            compared.push(Compared { what, number: count, listed: actors });
        }
    }
    compared
}

/// In the end: the bell hears of things by events.
async fn agree(people: &[&Person], after: &str) {
    let last = RefCell::new(String::new());
    eventually(after, async || {
        let mut wrong = String::new();
        for person in people {
            for Compared { what, number, listed } in
                of_conversations(person).await.into_iter().chain(of_notifications(person).await)
            {
                if number != listed as i64 {
                    wrong.push_str(&format!("after {after}: {number}, but the list has {listed}: {what}\n"));
                }
            }
        }
        if *last.borrow() != wrong {
            eprint!("{wrong}");
        }
        let agree = wrong.is_empty();
        last.replace(wrong);
        agree
    })
    .await;
}

#[tokio::test]
async fn numbers_of_conversations_and_of_the_bell_agree_with_their_lists() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let (ben, cleo, dora) = (village.join("ben").await, village.join("cleo").await, village.join("dora").await);
        let everybody = [&ana, &ben, &cleo, &dora];
        for one in everybody {
            for other in everybody.iter().filter(|other| other.id != one.id) {
                one.post("/users/follow", &json!({ "user_id": other.id })).await;
            }
        }
        let group = json!({ "name": "Night shift", "member_ids": [ben.id, cleo.id, dora.id] });
        let group = format!("/conversations/{}", text(&ana.post("/conversations/groups", &group).await.1, "/id"));
        let direct = ana.post("/conversations", &json!({ "user_id": ben.id })).await.1;
        let direct = format!("/conversations/{}", text(&direct, "/id"));
        let say = async |person: &Person, path: &str, body: &str| {
            let message = json!({ "client_id": body.replace(' ', "-"), "body": body });
            let (status, message) = person.post(&format!("{path}/messages"), &message).await;
            assert_eq!(status, 201, "{message}");
            format!("{path}/messages/{}", text(&message, "/id"))
        };
        let first = say(&ana, &group, "one").await;
        let second = say(&ana, &group, "two").await;
        let third = say(&cleo, &group, "three").await;
        let whisper = say(&ana, &direct, "four").await;
        for person in [&ben, &cleo, &dora] {
            assert_eq!(person.put(&format!("{first}/reactions/%F0%9F%91%8D"), &Value::Null).await.0, 200);
        }
        for message in [&second, &third] {
            assert_eq!(ana.put(&format!("{message}/pin"), &Value::Null).await.0, 200);
        }
        let post = format!("/posts/{}", text(&ana.post("/posts", &json!({ "body": "Awake?" })).await.1, "/id"));
        let mut comments = Vec::new();
        for person in [&ben, &cleo, &dora] {
            assert_eq!(person.put(&format!("{post}/like"), &Value::Null).await.0, 200);
            let comment = person.post(&format!("{post}/comments"), &json!({ "body": "Yes." })).await.1;
            comments.push(format!("{post}/comments/{}", text(&comment, "/id")));
        }
        agree(&everybody, "everybody said something").await;

        assert_eq!(ana.delete(&second).await.0 / 100, 2);
        assert_eq!(ana.delete(&whisper).await.0 / 100, 2);
        agree(&everybody, "messages were deleted").await;
        assert_eq!(ben.delete(&comments[0]).await.0, 204);
        assert_eq!(ben.delete(&format!("{post}/like")).await.0, 200);
        assert_eq!(ben.delete(&format!("/users/{}/follow", ana.id)).await.0, 200);
        assert_eq!(ben.delete(&format!("{first}/reactions/%F0%9F%91%8D")).await.0, 200);
        agree(&everybody, "ben took back what he did").await;
        assert_eq!(dora.delete(&format!("{group}/members/{}", dora.id)).await.0 / 100, 2);
        agree(&everybody, "dora left the group").await;
        assert_eq!(ana.put(&format!("/users/{}/block", dora.id), &Value::Null).await.0, 200);
        agree(&everybody, "ana blocked dora").await;
        village.suspend(&cleo).await;
        agree(&[&ana, &ben, &dora], "cleo was suspended").await;
        assert_eq!(ana.delete(&post).await.0, 204);
        agree(&[&ana, &ben, &dora], "the post was deleted").await;
    })
    .await;
}

#[tokio::test]
async fn as_many_images_are_withheld_as_are_listed_once_the_group_is_accepted() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let ben = village.join("ben").await;
        let group = json!({ "name": "Night shift", "member_ids": [ben.id] });
        let path = format!("/conversations/{}", text(&ana.post("/conversations/groups", &group).await.1, "/id"));
        let mut images = Vec::new();
        for side in [64, 65] {
            let jpeg = village_testkit::pictures::jpeg(side, 64);
            images.push(json!({ "media_id": text(&ana.upload("image/jpeg", jpeg, "message").await, "/id") }));
        }
        let message = json!({ "client_id": "1", "body": "", "images": images });
        let (status, message) = ana.post(&format!("{path}/messages"), &message).await;
        assert_eq!(status, 201, "{message}");
        let messages = format!("{path}/messages");
        let told = all(&ben, &messages).await.unwrap();
        let withheld: i64 = told.iter().filter_map(|one| one["withheld_images"].as_i64()).sum();
        assert_eq!(ben.post(&format!("{path}/accept"), &Value::Null).await.0, 200);
        let shown = all(&ben, &format!("{path}/images")).await.unwrap();
        let shown: usize = shown.iter().map(|message| message["images"].as_array().unwrap().len()).sum();
        assert_eq!((withheld, shown), (2, 2));
    })
    .await;
}
