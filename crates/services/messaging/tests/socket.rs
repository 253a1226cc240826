//! The socket's rules, one node.

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{Client, Node, Refused, Tokens, World, settings};
use tokio_tungstenite::tungstenite::Message;
use village_testkit::{Fresh, on_both_engines};

#[tokio::test]
async fn a_message_reaches_every_device_of_both_at_once_and_nobody_else() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let with_eve = node.open(&ana, &eve).await;
        let mut phone = node.connect(&ben).await;
        let mut laptop = node.connect(&world.device_of(ben.user())).await;
        let mut own = node.connect(&ana).await;
        let mut stranger = node.connect(&eve).await;
        let send = json!({"type": "send", "conversation_id": conversation, "client_id": "c1", "body": "hello"});
        let ack = own.ask(send.clone()).await;
        assert_eq!(ack["type"], "ack");
        let sent = &ack["result"]["message"];
        assert_eq!((&sent["seq"], &sent["number"], &sent["client_id"]), (&json!(1), &json!(1), &json!("c1")));
        for client in [&mut phone, &mut laptop] {
            let frame = client.next_of("message").await;
            assert_eq!((&frame["seq"], &frame["prev_seq"]), (&json!(1), &json!(0)));
            assert_eq!((&frame["message"]["id"], &frame["message"]["client_id"]), (&sent["id"], &Value::Null));
        }
        // Sent again: the same message, and no further frame.
        assert_eq!(own.ask(send).await["result"]["message"], *sent);
        node.send(&ana, &with_eve, "c2", "for eve").await;
        // Had the stranger been sent the first message, it would have come before this one.
        assert_eq!(stranger.next_of("message").await["message"]["body"], "for eve");
        node.send(&ana, &conversation, "c3", "second").await;
        assert_eq!(phone.next_of("message").await["seq"], 2);
        // The stranger asks outright.
        let answers = [
            json!({"type": "send", "conversation_id": conversation, "client_id": "x", "body": "let me in"}),
            json!({"type": "read", "conversation_id": conversation, "seq": 1}),
        ];
        for request in answers {
            assert_eq!(stranger.ask(request).await["code"], "not_found");
        }
        let reference = stranger.send(json!({"type": "resume", "conversations": {conversation: 0}})).await;
        let answer = stranger.next().await;
        assert_eq!((&answer["type"], &answer["ref"]), (&json!("ack"), &json!(reference)), "no rows come before it");
    })
    .await;
}

#[tokio::test]
async fn the_sender_gets_the_message_on_all_own_devices_with_the_client_id() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let mut phone = node.connect(&ana).await;
        let mut laptop = node.connect(&world.device_of(ana.user())).await;
        node.send(&ana, &conversation, "c1", "hello").await;
        for client in [&mut phone, &mut laptop] {
            assert_eq!(client.next_of("message").await["message"]["client_id"], "c1");
        }
    })
    .await;
}

#[tokio::test]
async fn a_conversation_opened_and_a_mark_moved_and_a_notification_are_told_live() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let mut own = node.connect(&ana).await;
        let mut peer = node.connect(&ben).await;
        let conversation = node.open(&ana, &ben).await;
        for client in [&mut own, &mut peer] {
            let frame = client.next_of("conversation").await;
            assert_eq!((&frame["membership_seq"], &frame["conversation"]["id"]), (&json!(1), &json!(conversation)));
        }
        node.send(&ana, &conversation, "c1", "hello").await;
        peer.next_of("message").await;
        let read = peer.ask(json!({"type": "read", "conversation_id": conversation, "seq": 1})).await;
        assert_eq!(read["result"], json!({"read_seq": 1, "unread_count": 0}));
        let frame = own.next_of("read").await;
        assert_eq!(
            (&frame["user_id"], &frame["seq"], frame.get("unread_count")),
            (&json!(ben.user()), &json!(1), None)
        );
        assert_eq!(peer.next_of("read").await["unread_count"], 0);
        let seq = world.feed.add(ben.user());
        fresh.live.publish(village_live::Hint::new(village_live::Topic::Notification, ben.user()).mark(seq));
        let frame = peer.next_of("notification").await;
        assert_eq!((&frame["notification_seq"], &frame["unread_count"]), (&json!(1), &json!(1)));
    })
    .await;
}

#[tokio::test]
async fn hello_says_what_was_missed() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        node.send(&ana, &conversation, "c1", "one").await;
        let seen = node.connect(&ben).await;
        drop(seen);
        node.send(&ana, &conversation, "c2", "two").await;
        let with_eve = node.open(&eve, &ben).await;
        world.feed.add(ben.user());
        let mut client = Client::open(node.address).await;
        let resume = json!({"conversations": {conversation.clone(): 1}, "membership_seq": 1, "notification_seq": 0});
        let ack = client.hello(&ben, resume).await;
        assert_eq!(ack["user_id"], json!(ben.user()));
        assert_eq!(ack["session_id"], json!(ben.viewer.session));
        assert_eq!((&ack["membership_seq"], &ack["notification_seq"]), (&json!(2), &json!(1)));
        assert_eq!((&ack["heartbeat_seconds"], &ack["unread_notifications"]), (&json!(20), &json!(1)));
        assert_eq!(client.next_of("conversation").await["conversation"]["id"], json!(with_eve));
        assert_eq!(client.next().await["type"], "notification");
        let rows = client.next().await;
        assert_eq!((&rows["type"], &rows["from"], &rows["upto"]), (&json!("rows"), &json!(1), &json!(2)));
        assert_eq!(rows["messages"].as_array().unwrap().len(), 1);
        // Ahead of the database, or far behind it.
        let answer = client.send(json!({"type": "resume", "conversations": {conversation: 7}})).await;
        let gap = client.next().await;
        assert_eq!((&gap["type"], &gap["upto"]), (&json!("gap"), &json!(2)));
        assert_eq!(client.next().await["ref"], answer);
    })
    .await;
}

#[tokio::test]
async fn before_hello_nothing_else_is_listened_to() {
    let fresh = village_testkit::fresh_sqlite().await;
    let world = World::new(&fresh).await;
    let mut limits = settings();
    limits.hello_timeout = Duration::from_millis(300);
    let node = Node::start(&fresh, &world, limits).await;
    let ana = world.person().await;
    for frame in [r#"{"type":"ping","ref":"1"}"#, "nonsense", r#"{"type":"hello","ref":"1"}"#] {
        let mut client = Client::open(node.address).await;
        client.send_raw(Message::text(frame)).await;
        assert_eq!(client.closed().await, 4002, "{frame}");
    }
    assert_eq!(Client::open(node.address).await.closed().await, 4000);
    let expired = Tokens::token(&ana.viewer, world.now);
    for token in ["nonsense".to_owned(), expired] {
        let mut client = Client::open(node.address).await;
        client.send(json!({"type": "hello", "token": token})).await;
        assert_eq!(client.closed().await, 4001);
    }
    let mut client = node.connect(&ana).await;
    client.send(json!({"type": "hello", "token": ana.token})).await;
    assert_eq!(client.closed().await, 4002, "a second hello");
}

#[tokio::test]
async fn bad_frames_are_answered_then_closed_and_binary_or_huge_ones_close_at_once() {
    let fresh = village_testkit::fresh_sqlite().await;
    let world = World::new(&fresh).await;
    let node = Node::start(&fresh, &world, settings()).await;
    let ana = world.person().await;
    let mut client = node.connect(&ana).await;
    client.send_raw(Message::text("{nonsense")).await;
    let error = client.next().await;
    assert_eq!(
        (&error["type"], &error["ref"], &error["code"]),
        (&json!("error"), &Value::Null, &json!("invalid_frame"))
    );
    let error = client.ask(json!({"type": "dance"})).await;
    assert_eq!(error["code"], "unknown_type");
    assert_eq!(client.ask(json!({"type": "ping"})).await["result"], json!({}));
    for _ in 0..8 {
        client.send_raw(Message::text("{nonsense")).await;
    }
    assert_eq!(client.closed().await, 4002);

    let mut client = node.connect(&ana).await;
    client.send_raw(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(client.closed().await, 4002);

    for size in [16 * 1024 + 1, 30_000, 100_000] {
        let mut client = node.connect(&ana).await;
        client.send_raw(Message::text("x".repeat(size))).await;
        assert_eq!(client.closed().await, 1009, "{size}");
    }
    // As large as allowed is read.
    let mut client = node.connect(&ana).await;
    let frame = format!(r#"{{"type":"ping","ref":"1"{}}}"#, " ".repeat(16 * 1024 - 25));
    assert!(frame.len() <= 16 * 1024);
    client.send_raw(Message::text(frame)).await;
    assert_eq!(client.next().await["type"], "ack");
}

#[tokio::test]
async fn one_address_has_a_share_of_the_sockets_that_wait_for_hello() {
    let fresh = village_testkit::fresh_sqlite().await;
    let world = World::new(&fresh).await;
    let mut limits = settings();
    limits.max_waiting_sockets_per_address = 2;
    limits.hello_timeout = Duration::from_secs(60);
    let node = Node::start(&fresh, &world, limits).await;
    let ana = world.person().await;
    let (mut first, second) = (Client::open(node.address).await, Client::open(node.address).await);
    assert_eq!(Client::try_open(node.address, Some("village.v1"), None).await.err(), Some(Refused(429)));
    // A socket that says hello or leaves makes room.
    first.hello(&ana, Value::Null).await;
    let third = Client::open(node.address).await;
    assert_eq!(Client::try_open(node.address, Some("village.v1"), None).await.err(), Some(Refused(429)));
    drop((second, third));
    while Client::try_open(node.address, Some("village.v1"), None).await.is_err() {}
}

#[tokio::test]
async fn origins_protocols_and_numbers_of_sockets_are_checked() {
    let fresh = village_testkit::fresh_sqlite().await;
    let world = World::new(&fresh).await;
    let mut limits = settings();
    limits.max_sockets_per_person = 2;
    limits.max_waiting_sockets = 3;
    let crowded = Node::start(&fresh, &world, limits.clone()).await;
    limits.max_waiting_sockets = 100;
    limits.allowed_origins = vec!["http://other.test".into()];
    let node = Node::start(&fresh, &world, limits).await;
    let (ana, ben) = (world.person().await, world.person().await);
    for origin in ["http://evil.test", "null", "http://village.test.evil.test"] {
        let mut client = Client::try_open(node.address, Some("village.v1"), Some(origin)).await.unwrap();
        assert_eq!(client.closed().await, 4003, "{origin}");
    }
    for origin in [support::ORIGIN, "http://other.test"] {
        let mut client = Client::try_open(node.address, Some("village.v1"), Some(origin)).await.unwrap();
        client.hello(&ana, Value::Null).await;
    }
    assert_eq!(Client::try_open(node.address, None, None).await.err(), Some(Refused(400)));
    assert_eq!(node.get(&ana, "/messaging").await.0, 426);

    let _first = node.connect(&ben).await;
    let _second = node.connect(&ben).await;
    let mut third = Client::open(node.address).await;
    third.send(json!({"type": "hello", "token": ben.token})).await;
    assert_eq!(third.closed().await, 4029);

    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(Client::open(crowded.address).await);
    }
    assert_eq!(Client::try_open(crowded.address, Some("village.v1"), None).await.err(), Some(Refused(503)));
    // Whoever says hello makes room.
    silent[0].hello(&ana, Value::Null).await;
    silent.push(Client::open(crowded.address).await);
}

#[tokio::test]
async fn a_socket_lives_as_long_as_its_newest_token_and_its_session() {
    let fresh = village_testkit::fresh_sqlite().await;
    let world = World::new(&fresh).await;
    let node = Node::start(&fresh, &world, settings()).await;
    let (ana, ben) = (world.person().await, world.person().await);
    let mut renewed = node.connect(&ana).await;
    let mut forgotten = node.connect(&world.device_of(ana.user())).await;
    let newer = Tokens::token(&ana.viewer, world.now.plus_secs(7_200));
    assert_eq!(renewed.ask(json!({"type": "token", "token": newer})).await["type"], "ack");
    fresh.clock.advance(Duration::from_secs(3_601));
    assert_eq!(forgotten.closed().await, 4001);
    assert_eq!(renewed.ask(json!({"type": "ping"})).await["type"], "ack");
    // Somebody else's token does not take the socket over.
    let foreign = Tokens::token(&ben.viewer, world.now.plus_secs(7_200));
    renewed.send(json!({"type": "token", "token": foreign})).await;
    assert_eq!(renewed.closed().await, 4001);

    let mut device = world.device_of(ben.user());
    device.token = Tokens::token(&device.viewer, world.now.plus_secs(7_200));
    let mut client = node.connect(&device).await;
    world.tokens.revoke(&device.viewer);
    assert_eq!(client.closed().await, 4001, "without any hint");
}

#[tokio::test]
async fn a_block_is_told_on_the_socket_and_too_many_frames_are_refused_until_they_slow_down() {
    let fresh = village_testkit::fresh_sqlite().await;
    let world = World::new(&fresh).await;
    let mut limits = settings();
    (limits.frames_per_second, limits.frame_burst) = (1, 5);
    let node = Node::start(&fresh, &world, limits).await;
    let (ana, ben) = (world.person().await, world.person().await);
    let conversation = node.open(&ana, &ben).await;
    world.people.block(ben.user(), ana.user()).await;
    let mut client = node.connect(&ana).await;
    let send = json!({"type": "send", "conversation_id": conversation, "client_id": "c1", "body": "hello"});
    assert_eq!(client.ask(send).await["code"], "cannot_send");
    let empty = json!({"type": "send", "conversation_id": conversation, "client_id": "c1", "body": " "});
    assert_eq!(client.ask(empty).await["code"], "invalid_request");
    for _ in 0..3 {
        assert_eq!(client.ask(json!({"type": "ping"})).await["type"], "ack");
    }
    let refused = client.ask(json!({"type": "ping"})).await;
    assert_eq!((&refused["code"], &refused["retry_after"]), (&json!("rate_limited"), &json!(1)));
    for _ in 0..70 {
        client.send(json!({"type": "ping"})).await;
    }
    assert_eq!(client.closed().await, 4002);
}

#[tokio::test]
async fn without_the_database_a_send_fails_whole_and_the_socket_stays() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = node.open(&ana, &ben).await;
        let mut client = node.connect(&ana).await;
        fresh.db.close().await;
        let send = json!({"type": "send", "conversation_id": conversation, "client_id": "c1", "body": "hello"});
        let error = client.ask(send).await;
        assert_eq!((&error["code"], error["retry_after"].is_u64()), (&json!("unavailable"), true));
        assert_eq!(client.ask(json!({"type": "ping"})).await["type"], "ack");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_never_reads_is_given_up_and_holds_up_nobody() {
    let fresh = village_testkit::fresh_sqlite().await;
    let world = World::new(&fresh).await;
    let mut limits = settings();
    limits.max_queued_frames = 16;
    limits.write_timeout = Duration::from_millis(500);
    let node = Node::start(&fresh, &world, limits).await;
    let (ana, ben) = (world.person().await, world.person().await);
    let conversation = node.open(&ana, &ben).await;
    let mut deaf = node.connect(&ben).await;
    let mut attentive = node.connect(&world.device_of(ben.user())).await;
    let body = "x".repeat(4_000);
    let total = 400;
    for turn in 0..total {
        node.send(&ana, &conversation, &turn.to_string(), &body).await;
        assert_eq!(attentive.next_of("message").await["seq"], turn + 1);
    }
    // What lay in the buffers of the connection is all that is left of it.
    let mut got = 0;
    let code = loop {
        match deaf.next_or_close().await {
            Ok(_) => got += 1,
            Err(code) => break code,
        }
    };
    assert!(got < total, "{got} frames were kept for a reader that did not read");
    assert!(code == 4008 || code == 0, "{code}");
}

#[tokio::test]
async fn a_draining_node_sends_its_clients_away_and_takes_no_new_ones() {
    let fresh = village_testkit::fresh_sqlite().await;
    let world = World::new(&fresh).await;
    let node = Node::start(&fresh, &world, settings()).await;
    let (ana, ben) = (world.person().await, world.person().await);
    let mut first = node.connect(&ana).await;
    let mut second = node.connect(&ben).await;
    let mut undecided = Client::open(node.address).await;
    let draining = node.messaging.clone();
    let drain = tokio::spawn(async move { draining.drain(Duration::from_millis(400)).await });
    assert_eq!(first.next_of("reconnect").await["within_ms"], 400);
    second.next_of("reconnect").await;
    assert_eq!(Client::try_open(node.address, Some("village.v1"), None).await.err(), Some(Refused(503)));
    undecided.send(json!({"type": "hello", "token": ana.token})).await;
    assert_eq!(undecided.closed().await, 1012);
    // Still served until its turn comes.
    assert_eq!(first.closed().await, 1012);
    assert_eq!(second.closed().await, 1012);
    drain.await.unwrap();
}
