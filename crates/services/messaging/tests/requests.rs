//! Message requests: nobody's inbox is open to people they do not follow.

mod support;

use serde_json::{Value, json};
use support::{Device, Node, World, settings};
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
