//! Message requests: nobody's inbox is open to people they do not follow.

mod support;

use serde_json::{Value, json};
use support::{Client, Device, Node, World, settings};
use village_testkit::{Fresh, on_both_engines};

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or("none"))
}

async fn boxes(node: &Node, device: &Device) -> (usize, usize) {
    let count = async |path: &str| node.get(device, path).await.1["items"].as_array().unwrap().len();
    (count("/conversations").await, count("/conversations?box=requests").await)
}

async fn answer(node: &Node, device: &Device, conversation: &str, what: &str) -> (u16, Value) {
    node.call(device, http::Method::POST, &format!("/conversations/{conversation}/{what}"), None).await
}

#[tokio::test]
async fn a_stranger_s_message_waits_among_the_requests_until_it_is_accepted() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.stranger().await, world.stranger().await);
        let mut bens = node.connect(&ben).await;
        let mut anas = node.connect(&ana).await;
        let conversation = node.open(&ana, &ben).await;
        let frame = bens.next_of("conversation").await;
        let asked = &frame["conversation"];
        assert_eq!((&asked["state"], &asked["added_by"]["id"]), (&json!("requested"), &json!(ana.user())));
        // Not before both have agreed to talk, and not across a block: it would delete what the other has said.
        let path = format!("/conversations/{conversation}");
        for device in [&ana, &ben] {
            let answer = node.patch(device, &path, json!({"retention_seconds": 3_600})).await;
            assert_eq!(code(&answer), (403, "request_pending"));
        }
        node.send(&ana, &conversation, "c1", "hello?").await;
        assert_eq!(bens.next_of("message").await["seq"], 1, "whoever looks at it sees it live");
        assert_eq!((boxes(&node, &ana).await, boxes(&node, &ben).await), ((1, 0), (0, 1)));
        assert_eq!(node.get(&ben, "/conversations/unread").await.1["unread_count"], 0);
        let shown = node.shown(&ana, &conversation).await;
        assert_eq!((&shown["state"], &shown["added_by"]), (&json!("active"), &Value::Null), "she is not told");
        // What he reads of it is not told either.
        let path = format!("/conversations/{conversation}/read");
        assert_eq!(node.put(&ben, &path, json!({"seq": 1})).await.0, 200);
        assert_eq!(bens.next_of("read").await["seq"], 1, "his own device is told last");
        let body = json!({"conversations": {conversation.clone(): 1}});
        assert_eq!(node.post(&ben, "/conversations/delivered", body).await.0, 204);
        let shown = node.shown(&ana, &conversation).await;
        assert_eq!((&shown["peer_read_seq"], &shown["peer_delivered_seq"]), (&json!(0), &json!(0)));
        let (status, shown) = answer(&node, &ben, &conversation, "accept").await;
        assert_eq!((status, &shown["state"], &shown["added_by"]), (200, &json!("active"), &Value::Null));
        assert_eq!(boxes(&node, &ben).await, (1, 0));
        for what in ["accept", "decline"] {
            assert_eq!(code(&answer(&node, &ben, &conversation, what).await), (409, "not_requested"));
            assert_eq!(code(&answer(&node, &ana, &conversation, what).await), (409, "not_requested"));
        }
        node.send(&ana, &conversation, "c2", "there you are").await;
        assert_eq!(node.get(&ben, "/conversations/unread").await.1["unread_count"], 1);
        node.put(&ben, &path, json!({"seq": 2})).await;
        // The first mark she hears of is the one after he accepted.
        assert_eq!(anas.next_of("read").await["seq"], 2);
        world.people.block(ben.user(), ana.user()).await;
        let refused =
            node.patch(&ana, &format!("/conversations/{conversation}"), json!({"retention_seconds": 3_600})).await;
        assert_eq!(code(&refused), (403, "cannot_send"));
        let eve = world.stranger().await;
        for what in ["accept", "decline"] {
            assert_eq!(code(&answer(&node, &eve, &conversation, what).await), (404, "not_found"));
        }
    })
    .await;
}

#[tokio::test]
async fn followers_are_not_asked_and_following_later_answers_nothing() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.stranger().await, world.stranger().await, world.stranger().await);
        world.people.follow(ben.user(), ana.user()).await;
        let conversation = node.open(&ana, &ben).await;
        assert_eq!(node.shown(&ben, &conversation).await["state"], "active");
        // The other way round it does not count.
        world.people.follow(ana.user(), eve.user()).await;
        let conversation = node.open(&ana, &eve).await;
        assert_eq!(node.shown(&eve, &conversation).await["state"], "requested");
        world.people.follow(eve.user(), ana.user()).await;
        assert_eq!(node.shown(&eve, &conversation).await["state"], "requested");
        // Opening it oneself does.
        assert_eq!(node.open(&eve, &ana).await, conversation);
        assert_eq!(node.shown(&eve, &conversation).await["state"], "active");
    })
    .await;
}

#[tokio::test]
async fn what_was_declined_is_out_of_sight_until_one_opens_it_oneself() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.stranger().await, world.stranger().await);
        let conversation = node.open(&ana, &ben).await;
        let mut bens = node.connect(&ben).await;
        let mut anas = node.connect(&ana).await;
        node.send(&ana, &conversation, "c1", "hello?").await;
        bens.next_of("message").await;
        assert_eq!(answer(&node, &ben, &conversation, "decline").await.0, 204);
        assert_eq!(bens.next_of("conversation").await["conversation"]["state"], "declined");
        assert_eq!((boxes(&node, &ana).await, boxes(&node, &ben).await), ((1, 0), (0, 0)));
        node.send(&ana, &conversation, "c2", "are you there?").await;
        while anas.next_of("message").await["message"]["body"] != "are you there?" {}
        let reference = bens.send(json!({"type": "ping"})).await;
        assert_eq!(bens.next().await["ref"], json!(reference), "he hears no more of it");
        assert_eq!(node.shown(&ana, &conversation).await["can_send"], true, "she is not told");
        let state_of = async |device: &Device, member: &Device| {
            let (_, page) = node.get(device, &format!("/conversations/{conversation}/members")).await;
            let members = page["items"].as_array().unwrap();
            members.iter().find(|one| one["user"]["id"] == json!(member.user())).unwrap()["state"].clone()
        };
        assert_eq!(state_of(&ana, &ben).await, "requested", "nor here");
        assert_eq!(state_of(&ben, &ben).await, "declined");
        assert_eq!(node.get(&ben, "/conversations/unread").await.1["unread_count"], 0);
        // He changes his mind. The frames he was spared are not made up for by pushes, but by what he then reads.
        assert_eq!(node.open(&ben, &ana).await, conversation);
        let frame = bens.next_of("conversation").await;
        assert_eq!(
            (&frame["conversation"]["state"], &frame["conversation"]["unread_count"]),
            (&json!("active"), &json!(2))
        );
        assert_eq!(boxes(&node, &ben).await, (1, 0));
        node.send(&ana, &conversation, "c3", "oh!").await;
        assert_eq!(node.get(&ben, "/conversations/unread").await.1["unread_count"], 3);
    })
    .await;
}

#[tokio::test]
async fn a_group_is_accepted_with_an_event_or_declined_by_leaving_it() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.stranger().await, world.stranger().await, world.stranger().await);
        let group = node.group(&ana, &[&ben, &eve]).await;
        assert_eq!(answer(&node, &ben, &group, "accept").await.1["state"], "active");
        assert_eq!(answer(&node, &eve, &group, "decline").await.0, 204);
        let history = node.history(&ana, &group).await;
        let events: Vec<(&Value, &Value)> =
            history.iter().map(|message| (&message["event"]["type"], &message["sender_id"])).collect();
        assert_eq!(
            events,
            [
                (&json!("created"), &json!(ana.user())),
                (&json!("member_joined"), &json!(ben.user())),
                (&json!("member_left"), &json!(eve.user())),
            ]
        );
        let shown = node.shown(&ana, &group).await;
        assert_eq!((&shown["member_count"], &shown["last_seq"]), (&json!(2), &json!(3)));
        assert_eq!(node.shown(&eve, &group).await["state"], "left");
        assert_eq!(code(&answer(&node, &eve, &group, "accept").await), (404, "not_found"));
        assert_eq!(boxes(&node, &eve).await, (0, 0));
    })
    .await;
}

#[tokio::test]
async fn until_it_is_answered_what_was_sent_can_be_taken_back_and_not_changed() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.stranger().await, world.stranger().await);
        let conversation = node.open(&ana, &ben).await;
        let message = node.send(&ana, &conversation, "c1", "hello?").await;
        let last = node.last_seq(&ana, &conversation).await;
        for answer in [
            node.edit(&ana, &conversation, &message, "one more thing").await,
            node.pin(&ana, &conversation, &message, true).await,
            node.react(&ana, &conversation, &message, "👍").await,
        ] {
            assert_eq!(code(&answer), (403, "request_pending"));
        }
        assert_eq!(node.last_seq(&ana, &conversation).await, last, "he was sent nothing");
        assert_eq!(node.erase(&ana, &conversation, &message).await.0, 200);
        // What was taken back counts: five is five.
        for turn in 2..=5 {
            node.send(&ana, &conversation, &format!("c{turn}"), "hello?").await;
        }
        assert_eq!(code(&node.try_send(&ana, &conversation, "c6", "hello?").await), (403, "request_pending"));
        answer(&node, &ben, &conversation, "accept").await;
        let message = node.send(&ana, &conversation, "c7", "hello!").await;
        assert_eq!(node.edit(&ana, &conversation, &message, "one more thing").await.0, 200);
        assert_eq!(node.pin(&ana, &conversation, &message, true).await.0, 200);
    })
    .await;
}

/// A message with one image.
async fn show(node: &Node, world: &World, device: &Device, conversation: &str) -> Value {
    let image = world.images.add(device.user());
    let body = json!({"body": "look", "images": [{"media_id": image, "alt": "something"}]});
    let (status, message) = node.post_message(device, conversation, body).await;
    assert_eq!(status, 201, "{message}");
    message
}

#[tokio::test]
async fn nobody_is_shown_images_of_a_group_that_they_have_not_accepted() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.stranger().await, world.stranger().await);
        let (eve, tom) = (world.stranger().await, world.stranger().await);
        world.people.follow(eve.user(), ana.user()).await;
        let picture = world.images.add(ana.user());
        let people = [ben.user(), eve.user(), tom.user()];
        let body = json!({"name": "Surprise", "member_ids": people, "picture_media_id": picture});
        let (status, group) = node.post(&ana, "/conversations/groups", body).await;
        assert_eq!(status, 201, "{group}");
        let group = group["id"].as_str().unwrap();
        let mut bens = node.connect(&ben).await;
        let mut eves = node.connect(&eve).await;
        let message = show(&node, &world, &ana, group).await;

        let withheld = |message: &Value| {
            assert_eq!((&message["body"], &message["images"]), (&json!("look"), &json!([])), "{message}");
            assert_eq!(message["withheld_images"], 1, "{message}");
        };
        let whole = |message: &Value| {
            assert_eq!(message["images"].as_array().unwrap().len(), 1, "{message}");
            assert_eq!(message["withheld_images"], 0, "{message}");
        };
        whole(&message);
        let text_frame = async |client: &mut Client| loop {
            let message = client.next_of("message").await["message"].clone();
            if message["kind"] == "text" {
                return message;
            }
        };
        whole(&text_frame(&mut eves).await);
        withheld(&text_frame(&mut bens).await);
        assert_eq!(node.pin(&ana, group, &message, true).await.0, 200);
        withheld(&text_frame(&mut bens).await);
        let list = node.get(&ben, "/conversations?box=requests").await.1;
        withheld(&list["items"][0]["last_message"]);
        assert_eq!(list["items"][0]["picture"], Value::Null, "the group's own is an image, too");
        assert_ne!(node.shown(&eve, group).await["picture"], Value::Null);
        withheld(node.history(&ben, group).await.last().unwrap());
        withheld(&node.message(&ben, group, &message).await.1);
        withheld(&node.get(&ben, &format!("/conversations/{group}/pins")).await.1["items"][0]);
        withheld(&node.get(&ben, "/conversations/search?q=look").await.1["items"][0]);
        let marks = json!({"conversations": {group: 1}});
        let synced = node.post(&ben, "/conversations/sync", marks).await.1;
        withheld(&synced["conversations"][0]["messages"][0]);
        bens.send(json!({"type": "resume", "conversations": {group: 1}})).await;
        withheld(&bens.next_of("rows").await["messages"][0]);
        // Nor by the way of a copy.
        let own = node.open(&eve, &ben).await;
        assert_eq!(answer(&node, &ben, &own, "accept").await.0, 200);
        let copy = json!({"forward_of": {"conversation_id": group, "message_id": message["id"]}});
        assert_eq!(node.post_message(&ben, &own, copy.clone()).await.0, 422);
        assert_eq!(node.post_message(&eve, &own, copy).await.0, 201);
        // Whoever goes without an answer has not accepted either.
        assert_eq!(answer(&node, &tom, group, "decline").await.0, 204);
        let history = node.history(&tom, group).await;
        withheld(history.iter().find(|message| message["kind"] == "text").unwrap());

        assert_eq!(answer(&node, &ben, group, "accept").await.0, 200);
        whole(&node.message(&ben, group, &message).await.1);
        assert_ne!(node.shown(&ben, group).await["picture"], Value::Null);
        let second = show(&node, &world, &ana, group).await;
        loop {
            let frame = bens.next_of("message").await;
            if frame["message"]["id"] == second["id"] {
                whole(&frame["message"]);
                break;
            }
        }
    })
    .await;
}
