//! The main job of Village from the first invitation to a message that arrives, through HTTP and the socket only,
//! so that it runs against one process and against many behind a load balancer.

use std::time::Duration;

use serde_json::{Value, json};
use village_testkit::{Person, Socket, pictures};

/// Polls until `check` holds; the deadline only decides when a failure is reported.
pub async fn eventually(what: &str, check: impl AsyncFn() -> bool) {
    village_testkit::eventually(what, Duration::from_secs(30), async || check().await.then_some(())).await;
}

/// Sign up, open a channel, upload, post, feed, notification, message.
pub async fn the_whole_path_of_a_community(base: &str, invitation: &str) {
    // Ana owns the community and opens a channel.
    let ana = Person::sign_up(base, "ana", Some(invitation)).await;
    let channel =
        json!({ "slug": "preemies", "name": "Preemies", "description": "Early babies.", "visibility": "open" });
    let (status, channel) = ana.post("/channels", &channel).await;
    assert_eq!((status, &channel["membership"]), (201, &json!("owner")), "{channel}");

    // Mara comes with Ana's invitation, follows her, and keeps a socket open.
    let (status, made) = ana.post("/auth/invitations", &json!({})).await;
    assert_eq!(status, 201, "{made}");
    let mara = Person::sign_up(base, "mara", made["code"].as_str()).await;
    let (status, relationship) = mara.post("/users/follow", &json!({ "user_id": ana.id })).await;
    assert_eq!((status, &relationship["following"]), (200, &json!(true)), "{relationship}");
    let (mut maras_phone, _) = Socket::open(&mara).await;

    // Ana hears that Mara follows her.
    eventually("what should follow", async || {
        let list = ana.get("/notifications").await.1;
        list["items"].as_array().is_some_and(|items| items.iter().any(|one| one["kind"] == "followed"))
    })
    .await;

    // Ana uploads a photo straight to the blob store and posts it.
    let media = ana.upload("image/jpeg", pictures::jpeg(1200, 900), "post").await;
    assert_eq!(media["state"], "ready", "{media}");
    let post = json!({
        "channel_id": channel["id"], "body": "First cuddle without wires.",
        "media": [{ "media_id": media["id"], "alt": "A hand and a very small hand" }],
    });
    let (status, post) = ana.post("/posts", &post).await;
    assert_eq!(status, 201, "{post}");

    // Mara is notified live, finds it in her feed, and can fetch the picture.
    let of_the_post =
        |frame: &Value| frame["type"] == "notification" && frame["notification"]["kind"] == "post_published";
    let frame = maras_phone.next("the notification of the post", of_the_post).await;
    assert_eq!(frame["notification"]["post"]["id"], post["id"], "{frame}");
    eventually("what should follow", async || {
        let feed = mara.get("/feed").await.1;
        feed["items"].as_array().is_some_and(|items| items.iter().any(|one| one["id"] == post["id"]))
    })
    .await;
    let seen = mara.get(&format!("/posts/{}", post["id"].as_str().unwrap())).await.1;
    let size = &seen["images"][0]["sizes"][0];
    let (status, bytes) = mara.fetch(size["url"].as_str().unwrap()).await;
    assert_eq!((status, &bytes[..3]), (200, &[0xff, 0xd8, 0xff][..]), "a JPEG");

    // She likes it, comments, and writes to Ana, who has two devices open.
    assert_eq!(mara.put(&format!("/posts/{}/like", post["id"].as_str().unwrap()), &Value::Null).await.0, 200);
    let comment = json!({ "body": "I am so glad." });
    assert_eq!(mara.post(&format!("/posts/{}/comments", post["id"].as_str().unwrap()), &comment).await.0, 201);
    let (mut anas_phone, _) = Socket::open(&ana).await;
    let (mut anas_laptop, _) = Socket::open(&ana).await;
    let (status, conversation) = mara.post("/conversations", &json!({ "user_id": ana.id })).await;
    assert_eq!(status, 201, "{conversation}");
    let send = json!({
        "type": "send", "conversation_id": conversation["id"],
        "client_id": "from-the-phone-1", "body": "How is she sleeping?",
    });
    let ack = maras_phone.request(send).await.expect("the message is acknowledged");
    for device in [&mut anas_phone, &mut anas_laptop] {
        let frame = device.next_of("message").await;
        assert_eq!(frame["message"]["body"], "How is she sleeping?", "{frame}");
        assert_eq!(frame["message"]["id"], ack["message"]["id"]);
    }

    // Sending again with the same client id is the same message.
    let path = format!("/conversations/{}/messages", conversation["id"].as_str().unwrap());
    let again = json!({ "client_id": "from-the-phone-1", "body": "How is she sleeping?" });
    let (status, same) = mara.post(&path, &again).await;
    assert_eq!((status, &same["id"]), (200, &ack["message"]["id"]), "{same}");

    // Ana does not follow Mara, so it waits among her requests until she accepts it.
    let (_, unread) = ana.get("/conversations/unread").await;
    assert_eq!(unread["unread_count"], 0, "{unread}");
    assert_eq!(ana.get("/conversations").await.1["items"], json!([]));
    assert_eq!(ana.get("/conversations?box=requests").await.1["items"][0]["id"], conversation["id"]);
    let accept = format!("/conversations/{}/accept", conversation["id"].as_str().unwrap());
    let (status, accepted) = ana.post(&accept, &Value::Null).await;
    assert_eq!((status, &accepted["state"]), (200, &json!("active")), "{accepted}");
    let (_, unread) = ana.get("/conversations/unread").await;
    assert_eq!(unread["unread_count"], 1, "{unread}");
    let read = json!({ "seq": same["seq"] });
    let read_path = format!("/conversations/{}/read", conversation["id"].as_str().unwrap());
    assert_eq!(ana.put(&read_path, &read).await.1["unread_count"], 0);

    // A phone that was away asks for what it missed and gets exactly that.
    anas_phone.vanish();
    for number in 0..3 {
        let message = json!({ "client_id": format!("away-{number}"), "body": format!("Message {number}") });
        assert_eq!(mara.post(&path, &message).await.0, 201);
    }
    let mut anas_phone = Socket::connect(base).await;
    let hello = json!({
        "type": "hello", "token": ana.token(),
        "resume": { "conversations": { conversation["id"].as_str().unwrap(): same["seq"] } },
    });
    anas_phone.request(hello).await.expect("the phone is back");
    let rows = anas_phone.next_of("rows").await;
    let bodies: Vec<&str> =
        rows["messages"].as_array().unwrap().iter().map(|message| message["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["Message 0", "Message 1", "Message 2"], "{rows}");

    // Ana finds the like and the comment among her notifications.
    eventually("what should follow", async || {
        let list = ana.get("/notifications").await.1;
        let kinds: Vec<&str> =
            list["items"].as_array().unwrap().iter().filter_map(|one| one["kind"].as_str()).collect();
        ["followed", "post_liked", "comment_added"].iter().all(|kind| kinds.contains(kind))
    })
    .await;
}
