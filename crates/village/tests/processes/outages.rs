//! Two nodes over one PostgreSQL and one Redis, of which parts fail: what was acknowledged is there once, and whoever is
//! connected to a living node goes on.

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use village_testkit::{FaultProxy, Fresh, Launch, Person, RedisServer, Socket, VillageProcess, fresh_postgres};

use crate::launch;

/// Only a failure waits that long.
const PATIENCE: Duration = Duration::from_secs(30);

struct Nodes {
    one: VillageProcess,
    other: VillageProcess,
    redis: RedisServer,
    /// Between `one` and Redis.
    to_redis: FaultProxy,
    /// Between `one` and PostgreSQL.
    to_database: FaultProxy,
    _shared: TempDir,
}

impl Nodes {
    async fn start(fresh: &Fresh, adapt: impl Fn(Launch) -> Launch) -> Self {
        let shared = tempfile::tempdir().unwrap();
        let blobs = shared.path().join("blobs").display().to_string();
        let redis = RedisServer::start().await;
        let to_redis = FaultProxy::start(redis.address()).await;
        let to_database = FaultProxy::before(&fresh.url).await;
        let prepare = |redis_url: String| {
            let launch = launch(fresh)
                .env("VILLAGE_PUBLIC_URL", "http://village.example")
                .env("VILLAGE_MASTER_KEY", "5e".repeat(32))
                .env("VILLAGE_BLOBS_DIR", &blobs)
                .env("VILLAGE_REDIS_URL", redis_url);
            adapt(launch)
        };
        let one = prepare(to_redis.url(&redis.url())).env("VILLAGE_DATABASE_URL", to_database.url(&fresh.url));
        let (one, other) = tokio::join!(one.start(), prepare(redis.url()).start());
        Self { one, other, redis, to_redis, to_database, _shared: shared }
    }
}

/// Ana with two devices on the first node, and Mara on the second.
struct Talk {
    ana: Person,
    mara: Person,
    conversation: Value,
    anas: Socket,
    anas_tablet: Socket,
    maras: Socket,
}

impl Talk {
    async fn begin(nodes: &Nodes) -> Self {
        let ana = Person::sign_up(&nodes.one.base(), "ana", Some(&nodes.one.first_invitation())).await;
        let mara = Person::sign_up(&nodes.other.base(), "mara", Some(&ana.invite().await)).await;
        // Whom one follows may write at once.
        assert_eq!(mara.post("/users/follow", &json!({ "user_id": ana.id })).await.0, 200);
        let conversation = ana.post("/conversations", &json!({ "user_id": mara.id })).await.1["id"].clone();
        let (anas, _) = Socket::open(&ana).await;
        let (anas_tablet, _) = Socket::open(&ana.log_in().await).await;
        let (maras, _) = Socket::open(&mara).await;
        Self { ana, mara, conversation, anas, anas_tablet, maras }
    }

    fn message(&self, text: &str) -> Value {
        json!({ "type": "send", "conversation_id": self.conversation, "client_id": text.replace(' ', "_"), "body": text })
    }

    /// Until Ana's node knows. Meanwhile the sockets give signs of life, as clients do.
    async fn until_redis(&mut self, nodes: &Nodes, connected: bool) {
        let wanted = format!("village_live_connected {}", u8::from(connected));
        let url = format!("{}/metrics", nodes.one.admin_base());
        village_testkit::eventually(&wanted, PATIENCE, async || {
            for socket in [&mut self.anas, &mut self.anas_tablet, &mut self.maras] {
                socket.request(json!({ "type": "ping" })).await.expect("the socket is open");
            }
            let metrics = reqwest::get(&url).await.ok()?.text().await.ok()?;
            metrics.lines().any(|line| line == wanted).then_some(())
        })
        .await;
    }

    /// Ana's message is acknowledged, and reaches her tablet on the same node and Mara on the other.
    async fn ana_says(&mut self, text: &str) {
        let message = self.message(text);
        self.anas.request(message).await.expect("acknowledged");
        hears(&mut self.anas_tablet, text).await;
        hears(&mut self.maras, text).await;
    }

    async fn mara_says(&mut self, text: &str) {
        let message = self.message(text);
        self.maras.request(message).await.expect("acknowledged");
        for device in [&mut self.anas, &mut self.anas_tablet] {
            hears(device, text).await;
        }
    }

    /// Ana asks again, as a client does.
    async fn is_taken(&mut self, message: &Value) {
        let again = async || self.anas.request(message.clone()).await.ok();
        village_testkit::eventually("the same message is taken", PATIENCE, again).await;
    }

    /// What the database holds, oldest first.
    async fn history(&self) -> Vec<String> {
        let path = format!("/conversations/{}/messages?limit=100", self.conversation.as_str().unwrap());
        let (status, page) = self.mara.get(&path).await;
        assert_eq!(status, 200, "{page}");
        page["items"].as_array().unwrap().iter().rev().map(|one| one["body"].as_str().unwrap().to_owned()).collect()
    }
}

async fn hears(socket: &mut Socket, text: &str) {
    socket.next(text, |frame| frame["type"] == "message" && frame["message"]["body"] == text).await;
}

#[tokio::test]
async fn messages_cross_nodes_through_redis() {
    let fresh = fresh_postgres().await;
    // No heartbeat comes to help.
    let nodes = Nodes::start(&fresh, |launch| launch.env("VILLAGE_MESSAGING_HEARTBEAT_SECONDS", 600)).await;
    let mut talk = Talk::begin(&nodes).await;
    for number in 0..5 {
        talk.ana_says(&format!("Question {number}")).await;
        talk.mara_says(&format!("Answer {number}")).await;
    }
    // A conversation that begins while both are connected.
    let cleo = Person::sign_up(&nodes.one.base(), "cleo", Some(&talk.ana.invite().await)).await;
    assert_eq!(talk.mara.post("/users/follow", &json!({ "user_id": cleo.id })).await.0, 200);
    let (mut cleos, _) = Socket::open(&cleo).await;
    let opened = cleo.post("/conversations", &json!({ "user_id": talk.mara.id })).await.1;
    talk.conversation = opened["id"].clone();
    for text in ["Hello Mara", "Are you there?"] {
        let message = talk.message(text);
        cleos.request(message).await.expect("acknowledged");
        hears(&mut talk.maras, text).await;
    }
    // Notifications, too: they are decided wherever the queue is worked off.
    talk.maras.next("of Cleo", |frame| frame["type"] == "notification").await;
}

#[tokio::test]
async fn without_redis_everything_arrives_a_little_later() {
    let fresh = fresh_postgres().await;
    let mut nodes = Nodes::start(&fresh, |launch| launch.env("VILLAGE_MESSAGING_HEARTBEAT_SECONDS", 1)).await;
    let mut talk = Talk::begin(&nodes).await;
    talk.ana_says("before").await;

    // One node cannot reach it: first refused, then without an answer.
    nodes.to_redis.cut().await;
    talk.until_redis(&nodes, false).await;
    talk.ana_says("cut off").await;
    talk.mara_says("is it?").await;
    nodes.to_redis.resume().await;
    talk.until_redis(&nodes, true).await;

    nodes.to_redis.stall();
    talk.ana_says("nobody noticed yet").await;
    talk.until_redis(&nodes, false).await;
    talk.ana_says("stalled").await;
    talk.mara_says("indeed").await;
    nodes.to_redis.resume().await;
    talk.until_redis(&nodes, true).await;

    // Nobody can: it hangs, and then it dies.
    nodes.redis.stall();
    talk.mara_says("hangs").await;
    talk.until_redis(&nodes, false).await;
    talk.ana_says("for all").await;
    nodes.redis.resume();
    talk.until_redis(&nodes, true).await;

    nodes.redis.kill();
    talk.ana_says("dead").await;
    talk.until_redis(&nodes, false).await;
    talk.mara_says("really").await;
    // Whoever starts meanwhile starts, and can be talked to.
    nodes.other.restart().await;
    talk.maras = Socket::open(&talk.mara).await.0;
    talk.until_redis(&nodes, false).await;
    talk.ana_says("welcome back").await;
    nodes.redis.restart().await;
    talk.until_redis(&nodes, true).await;
    talk.ana_says("alive").await;
    talk.mara_says("at last").await;

    let expected = [
        "before",
        "cut off",
        "is it?",
        "nobody noticed yet",
        "stalled",
        "indeed",
        "hangs",
        "for all",
        "dead",
        "really",
        "welcome back",
        "alive",
        "at last",
    ];
    assert_eq!(talk.history().await, expected, "once each");
}

#[tokio::test]
async fn without_its_database_a_node_says_so_and_keeps_its_sockets() {
    let fresh = fresh_postgres().await;
    let mut nodes = Nodes::start(&fresh, |launch| launch.env("VILLAGE_MESSAGING_HEARTBEAT_SECONDS", 5)).await;
    let mut talk = Talk::begin(&nodes).await;
    talk.ana_says("before").await;

    nodes.to_database.cut().await;
    for attempt in 0..3 {
        let message = talk.message("during");
        let error = talk.anas.request(message).await.expect_err("nothing can be stored");
        assert_eq!(error["code"], "unavailable", "attempt {attempt}: {error}");
        // Signs of life, as clients give them.
        for socket in [&mut talk.anas_tablet, &mut talk.maras] {
            socket.request(json!({ "type": "ping" })).await.expect("the socket is open");
        }
    }
    let (status, problem) = talk.ana.get("/conversations").await;
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{problem}");
    // The other node has its own way to it.
    let message = talk.message("I hear you");
    talk.maras.request(message).await.expect("acknowledged");
    assert_eq!(talk.history().await, ["before", "I hear you"], "nothing half-done");

    nodes.to_database.resume().await;
    let message = talk.message("during");
    talk.is_taken(&message).await;
    hears(&mut talk.anas, "I hear you").await; // on the socket that was open all the time
    hears(&mut talk.maras, "during").await;

    assert_eq!(talk.history().await, ["before", "I hear you", "during"], "once each");
}

#[tokio::test]
async fn a_database_that_hangs_is_unavailable_too() {
    let fresh = fresh_postgres().await;
    let mut nodes = Nodes::start(&fresh, |launch| {
        launch.env("VILLAGE_MESSAGING_HEARTBEAT_SECONDS", 10).env("VILLAGE_REQUEST_TIMEOUT_SECONDS", 2)
    })
    .await;
    let mut talk = Talk::begin(&nodes).await;
    talk.ana_says("before").await;
    nodes.to_database.stall();
    for _ in 0..2 {
        let message = talk.message("during");
        let error = talk.anas.request(message).await.expect_err("nothing can be stored");
        assert_eq!(error["code"], "unavailable", "{error}");
    }
    assert_eq!(talk.ana.get("/conversations").await.0, 503);
    let message = talk.message("I hear you");
    talk.maras.request(message).await.expect("acknowledged");

    nodes.to_database.resume().await;
    let message = talk.message("during");
    talk.is_taken(&message).await;
    hears(&mut talk.maras, "during").await;
    talk.ana_says("after").await;
    let stored = talk.history().await;
    assert_eq!(stored.len(), 4, "each once, even if what was given up was stored at last: {stored:?}");
    for text in ["before", "during", "I hear you", "after"] {
        assert!(stored.iter().any(|one| one == text), "{text}: {stored:?}");
    }
}

#[tokio::test]
async fn a_message_whose_transaction_was_cut_is_there_once_when_asked_for_again() {
    let fresh = fresh_postgres().await;
    // The test sends all at once and asks again at once, more than a person may.
    let mut nodes = Nodes::start(&fresh, |launch| {
        launch.env("VILLAGE_MESSAGING_HEARTBEAT_SECONDS", 5).env("VILLAGE_MESSAGING_FRAMES_PER_SECOND", 1_000)
    })
    .await;
    let mut talk = Talk::begin(&nodes).await;
    let mut asked = Vec::new();
    for round in 0..6 {
        let texts: Vec<String> = (0..10).map(|number| format!("{round}-{number}")).collect();
        for text in &texts {
            let mut message = talk.message(text);
            message["ref"] = text.as_str().into();
            talk.anas.send(&message).await;
        }
        // Every connection to the database breaks while they are stored one after the other.
        for (position, text) in texts.iter().enumerate() {
            let answer = talk.anas.next(text, |frame| frame["ref"] == *text).await;
            if answer["type"] != "ack" {
                assert_eq!(answer["code"], "unavailable", "{answer}");
                let message = talk.message(text);
                talk.is_taken(&message).await;
            }
            if position == round {
                nodes.to_database.cut_once().await;
            }
        }
        asked.extend(texts);
    }
    for text in &asked {
        hears(&mut talk.maras, text).await;
    }
    let mut stored = talk.history().await;
    stored.sort();
    assert_eq!(stored, asked, "each exactly once");
    for socket in [&mut talk.anas, &mut talk.anas_tablet, &mut talk.maras] {
        socket.request(json!({ "type": "ping" })).await.expect("the socket was open all the time");
    }
}

#[tokio::test]
async fn whoever_was_on_a_killed_node_resumes_on_another_with_everything_once() {
    let fresh = fresh_postgres().await;
    let mut nodes = Nodes::start(&fresh, |launch| launch.env("VILLAGE_MESSAGING_HEARTBEAT_SECONDS", 600)).await;
    let mut talk = Talk::begin(&nodes).await;
    let mut received = Vec::new();
    let mut last_seen = 0;
    for number in 0..10 {
        let message = talk.message(&format!("{number}"));
        talk.anas.request(message).await.expect("acknowledged");
        // She has seen a part when her node dies.
        if number < 6 {
            let frame = talk.maras.next_of("message").await;
            last_seen = frame["seq"].as_i64().unwrap();
            received.push(frame["message"]["body"].as_str().unwrap().to_owned());
        }
    }
    nodes.other.kill();
    for number in 10..15 {
        let message = talk.message(&format!("{number}"));
        talk.anas.request(message).await.expect("acknowledged");
    }
    // What she had asked of the dead node without an answer, she asks again.
    let mut maras = Socket::connect(&nodes.one.base()).await;
    let hello = json!({
        "type": "hello", "token": talk.mara.token(),
        "resume": { "conversations": { talk.conversation.as_str().unwrap(): last_seen } },
    });
    maras.request(hello).await.expect("welcome");
    let rows = maras.next_of("rows").await;
    received.extend(rows["messages"].as_array().unwrap().iter().map(|one| one["body"].as_str().unwrap().to_owned()));
    for number in 15..18 {
        let message = talk.message(&format!("{number}"));
        talk.anas.request(message).await.expect("acknowledged");
        let frame = maras.next_of("message").await;
        received.push(frame["message"]["body"].as_str().unwrap().to_owned());
    }
    let expected: Vec<String> = (0..18).map(|number| number.to_string()).collect();
    assert_eq!(received, expected, "each once, in order");
    let early = maras.so_far().await;
    assert!(!early.iter().any(|frame| frame["type"] == "message"), "and nothing twice: {early:?}");
}
