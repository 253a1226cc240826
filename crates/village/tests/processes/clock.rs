//! Nodes whose clocks are wrong by up to a minute.

use serde_json::json;
use village_testkit::{Person, Socket, fresh_postgres};

use crate::launch;

#[tokio::test]
async fn what_a_node_far_ahead_signs_a_node_far_behind_believes() {
    let fresh = fresh_postgres().await;
    let node = |offset_ms: i64| {
        launch(&fresh)
            .env("VILLAGE_MASTER_KEY", "5e".repeat(32))
            .env("VILLAGE_PUBLIC_URL", "http://127.0.0.1:8080")
            .env("VILLAGE_REGISTRATION", "open")
            .env("VILLAGE_CLOCK_OFFSET_MS", offset_ms)
            .start()
    };
    let (ahead, behind) = tokio::join!(node(60_000), node(-60_000));
    let ana = Person::sign_up(&ahead.base(), "ana", None).await;
    let ben = Person::sign_up(&behind.base(), "ben", None).await;
    let (mut anas, _) = Socket::open(&ana.at(&behind.base())).await;
    let (mut bens, _) = Socket::open(&ben.at(&ahead.base())).await;

    let (status, conversation) = ana.post("/conversations", &json!({ "user_id": ben.id })).await;
    assert_eq!(status, 201, "{conversation}");
    for number in 0..3 {
        let sender = if number == 1 { &mut bens } else { &mut anas };
        let send = json!({ "type": "send", "conversation_id": conversation["id"], "client_id": number.to_string(),
                           "body": "Is it three already?" });
        let sent = sender.request(send).await.expect("acknowledged");
        assert_eq!(sent["message"]["seq"], number + 1, "in the order of sending, whatever the clocks say");
    }
    for socket in [&mut anas, &mut bens] {
        for seq in 1..=3 {
            assert_eq!(socket.next_of("message").await["seq"], seq);
        }
    }
}
