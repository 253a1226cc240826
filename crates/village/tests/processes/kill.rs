//! Acknowledged means durable, and no event is lost: shown with `kill -9`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use village_testkit::{Fresh, Method, Person, on_both_engines};

use crate::launch;
use crate::shared::eventually;

/// Ana, and Mara who follows her.
async fn two_people(base: &str, invitation: &str) -> (Person, Person) {
    let ana = Person::sign_up(base, "ana", Some(invitation)).await;
    let code = ana.invite().await;
    let mara = Person::sign_up(base, "mara", Some(&code)).await;
    assert_eq!(mara.post("/users/follow", &json!({ "user_id": ana.id })).await.0, 200);
    (ana, mara)
}

async fn all_of(person: &Person, list: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut path = format!("{list}?limit=100");
    loop {
        let (status, page) = person.get(&path).await;
        assert_eq!(status, 200, "{page}");
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => path = format!("{list}?limit=100&cursor={next}"),
            None => return items,
        }
    }
}

#[tokio::test]
async fn what_was_answered_is_there_exactly_once_after_kill_9() {
    on_both_engines(async |fresh: &Fresh| {
        let mut server = launch(fresh).start().await;
        let (ana, mara) = two_people(&server.base(), &server.first_invitation()).await;
        let opened = ana.post("/conversations", &json!({ "user_id": mara.id })).await.1;
        let messages = format!("/conversations/{}/messages", opened["id"].as_str().unwrap());
        let mut answered_posts = BTreeSet::new();
        let mut answered_messages = BTreeSet::new();

        for round in 0..4 {
            // Eight callers write as fast as they can; the server dies under them once some were answered.
            let answers = Arc::new(AtomicUsize::new(0));
            let callers = (0..8).map(|caller| {
                let (ana, messages, answers) = (ana.clone(), messages.clone(), answers.clone());
                tokio::spawn(async move {
                    let mut done = Vec::new();
                    for number in 0.. {
                        let key = format!("{round}-{caller}-{number}");
                        let (path, body) = match number % 2 {
                            0 => ("/posts", json!({ "body": key })),
                            _ => (messages.as_str(), json!({ "client_id": key, "body": key })),
                        };
                        let headers = [("idempotency-key", key.as_str())];
                        let body = Some(("application/json", body.to_string().into_bytes()));
                        match ana.try_send_bytes(Method::POST, path, &headers, body).await {
                            Ok(answer) if answer.status == 201 => {
                                answers.fetch_add(1, Ordering::SeqCst);
                                done.push((path.to_owned(), key));
                            }
                            Ok(answer) => panic!("{answer:?}"),
                            // Killed: maybe written, maybe not. Whoever retries must not make a second one.
                            Err(_) => return (done, (path.to_owned(), key)),
                        }
                    }
                    unreachable!("the server is killed")
                })
            });
            let callers: Vec<_> = callers.collect();
            eventually("some writes are answered", async || answers.load(Ordering::SeqCst) >= 20).await;
            server.kill();
            let mut unanswered = Vec::new();
            for caller in callers {
                let (done, maybe) = caller.await.unwrap();
                unanswered.push(maybe);
                for (path, key) in done {
                    if path == "/posts" {
                        answered_posts.insert(key)
                    } else {
                        answered_messages.insert(key)
                    };
                }
            }
            server.restart().await;
            // The retry of each request that got no answer: once more, with the same key.
            for (path, key) in unanswered {
                let (status, body) = match path.as_str() {
                    "/posts" => ana.post_once(&key, "/posts", &json!({ "body": key })).await,
                    _ => ana.post(&path, &json!({ "client_id": key, "body": key })).await,
                };
                assert!(status == 201 || status == 200, "{key}: {status} {body}");
                if path == "/posts" {
                    answered_posts.insert(key)
                } else {
                    answered_messages.insert(key)
                };
            }
        }

        let bodies = |items: Vec<Value>| -> Vec<String> {
            items.iter().map(|item| item["body"].as_str().unwrap().to_owned()).collect()
        };
        let mut posts = bodies(all_of(&ana, "/feed").await);
        posts.sort();
        assert_eq!(posts, answered_posts.into_iter().collect::<Vec<_>>(), "each post exactly once");

        let items = all_of(&ana, &messages).await;
        let seqs: Vec<i64> = items.iter().map(|item| item["seq"].as_i64().unwrap()).collect();
        assert!(seqs.windows(2).all(|pair| pair[0] == pair[1] + 1), "one order, without holes: {seqs:?}");
        let mut texts = bodies(items);
        texts.sort();
        assert_eq!(texts, answered_messages.into_iter().collect::<Vec<_>>(), "each message exactly once");
        let unread = mara.get("/conversations/unread").await.1["unread_count"].as_u64().unwrap();
        assert_eq!(unread as usize, texts.len());
    })
    .await;
}

#[tokio::test]
async fn an_event_whose_process_is_killed_before_delivery_is_delivered_later() {
    on_both_engines(async |fresh: &Fresh| {
        let mut server = launch(fresh).start().await;
        let (ana, mara) = two_people(&server.base(), &server.first_invitation()).await;
        let mut posts = BTreeSet::new();
        for round in 0..6 {
            let (status, post) = ana.post("/posts", &json!({ "body": format!("Round {round}") })).await;
            // Killed the moment the answer is here: the event waits in the outbox or in the queue.
            server.kill();
            assert_eq!(status, 201, "{post}");
            posts.insert(post["id"].as_str().unwrap().to_owned());
            server.restart().await;
        }
        let ids = |items: &Value, pointer: &str| -> BTreeSet<String> {
            let items = items["items"].as_array().unwrap().iter();
            items.filter_map(|item| item.pointer(pointer)?.as_str().map(str::to_owned)).collect()
        };
        eventually("every post reaches the feed of the follower", async || {
            ids(&mara.get("/feed?limit=100").await.1, "/id") == posts
        })
        .await;
        eventually("the follower is notified of each", async || {
            let list = mara.get("/notifications?limit=100").await.1;
            ids(&list, "/post/id").is_superset(&posts)
        })
        .await;
        let notified = mara.get("/notifications?limit=100").await.1;
        let of_posts = notified["items"].as_array().unwrap().iter().filter(|one| one["kind"] == "post_published");
        assert_eq!(of_posts.count(), posts.len(), "once each: {notified}");
    })
    .await;
}
