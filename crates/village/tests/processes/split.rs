//! The same story with every role as its own process over one PostgreSQL database, two of messaging, behind haproxy.

use serde_json::{Value, json};
use tempfile::TempDir;
use village_testkit::{Fresh, Haproxy, Launch, Person, Socket, VillageProcess, free_port, fresh_postgres};

use crate::launch;
use crate::shared::{eventually, the_whole_path_of_a_community};

const ROLES: [&str; 7] = ["auth", "users", "posts", "messaging", "messaging", "notifications", "web"];

/// Seven processes and a load balancer.
struct Split {
    processes: Vec<VillageProcess>,
    haproxy: Haproxy,
    _shared: TempDir,
}

impl Split {
    async fn start(fresh: &Fresh) -> Self {
        let shared = tempfile::tempdir().unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let blobs = shared.path().join("blobs").display().to_string();
        let prepare = |role: &str| -> Launch {
            launch(fresh)
                .role(role)
                .env("VILLAGE_PUBLIC_URL", format!("http://{address}"))
                .env("VILLAGE_MASTER_KEY", "5e".repeat(32))
                .env("VILLAGE_TRUSTED_PROXY_HOPS", 1)
                .env("VILLAGE_BLOBS_DIR", &blobs)
        };
        // All at once, on an empty database: they agree on who migrates and who makes the first key.
        let processes = futures::future::join_all(ROLES.map(|role| prepare(role).start())).await;
        let mut arguments = vec!["haproxy".to_owned(), "--bind".to_owned(), address.clone()];
        for (role, process) in ROLES.iter().zip(&processes) {
            arguments.extend(["--server".to_owned(), format!("{role}={}", process.address())]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let config = processes[0].command(&arguments);
        let haproxy = Haproxy::start(&config, &address).await;
        Self { processes, haproxy, _shared: shared }
    }

    fn base(&self) -> String {
        self.haproxy.base()
    }

    fn first_invitation(&self) -> String {
        self.processes[0].first_invitation()
    }

    fn messaging_nodes(&mut self) -> [&mut VillageProcess; 2] {
        let [_, _, _, one, other, ..] = self.processes.as_mut_slice() else { panic!("seven processes") };
        [one, other]
    }
}

#[tokio::test]
async fn the_whole_path_through_the_load_balancer() {
    let fresh = fresh_postgres().await;
    let split = Split::start(&fresh).await;
    the_whole_path_of_a_community(&split.base(), &split.first_invitation()).await;

    // The web role answers what belongs to nobody else, and operators' paths are not forwarded.
    let stranger = Person::stranger(&split.base());
    assert_eq!(stranger.get("/openapi.json").await.0, 200);
    assert_eq!(stranger.get("/.well-known/jwks.json").await.1["keys"].as_array().map(Vec::is_empty), Some(false));
    assert_eq!(stranger.get("/metrics").await.0, 404);
}

#[tokio::test]
async fn messages_cross_nodes_and_survive_the_death_of_one() {
    let fresh = fresh_postgres().await;
    let mut split = Split::start(&fresh).await;
    let ana = Person::sign_up(&split.base(), "ana", Some(&split.first_invitation())).await;
    let code = ana.invite().await;
    let mara = Person::sign_up(&split.base(), "mara", Some(&code)).await;
    assert_eq!(mara.post("/users/follow", &json!({ "user_id": ana.id })).await.0, 200);
    let opened = ana.post("/conversations", &json!({ "user_id": mara.id })).await.1;
    let conversation = opened["id"].clone();
    let path = format!("/conversations/{}/messages", conversation.as_str().unwrap());

    // Each on her own node.
    let [one, other] = split.messaging_nodes();
    let (mut anas, _) = Socket::open(&ana.at(&one.base())).await;
    let (mut maras, _) = Socket::open(&mara.at(&other.base())).await;
    let send = |number: usize| {
        json!({ "type": "send", "conversation_id": conversation, "client_id": format!("{number}"),
                "body": format!("Message {number}") })
    };
    for number in 0..5 {
        anas.request(send(number)).await.expect("acknowledged");
        let frame = maras.next_of("message").await;
        assert_eq!(frame["message"]["body"], format!("Message {number}"));
    }
    let last_seen = ana.get(&path).await.1["items"][0]["seq"].clone();

    // Mara's node dies; Ana goes on. Mara connects again through the load balancer and misses nothing.
    other.kill();
    for number in 5..8 {
        anas.request(send(number)).await.expect("acknowledged");
    }
    let base = split.base();
    eventually("the load balancer has noticed", async || Person::stranger(&base).get("/conversations").await.0 == 401)
        .await;
    let mut maras = Socket::connect(&base).await;
    let hello = json!({
        "type": "hello", "token": mara.token(),
        "resume": { "conversations": { conversation.as_str().unwrap(): last_seen } },
    });
    maras.request(hello).await.expect("back on the other node");
    let rows = maras.next_of("rows").await;
    let missed: Vec<&Value> = rows["messages"].as_array().unwrap().iter().map(|message| &message["body"]).collect();
    assert_eq!(missed, ["Message 5", "Message 6", "Message 7"]);
}

#[tokio::test]
async fn a_session_revoked_on_one_process_ends_on_all() {
    let fresh = fresh_postgres().await;
    let split = Split::start(&fresh).await;
    let ana = Person::sign_up(&split.base(), "ana", Some(&split.first_invitation())).await;
    let lost_phone = ana.log_in().await;
    let (mut socket, _) = Socket::open(&lost_phone).await;
    // Every process has verified this token and keeps the verdict.
    for path in ["/auth/me", "/users", "/feed", "/conversations", "/notifications"] {
        assert_eq!(lost_phone.get(path).await.0, 200, "{path}");
    }
    let sessions = lost_phone.get("/auth/sessions").await.1;
    let current = sessions["items"].as_array().unwrap().iter().find(|one| one["current"] == true).unwrap();
    let path = format!("/auth/sessions/{}", current["id"].as_str().unwrap());
    assert_eq!(ana.delete(&path).await.0, 204);
    assert_eq!(socket.closed().await, Some(4001));
    for path in ["/auth/me", "/users", "/feed", "/conversations", "/notifications"] {
        eventually("the session has ended here too", async || lost_phone.get(path).await.0 == 401).await;
    }
}
