//! Starting, stopping, and the command line.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::json;
use village_testkit::{Launch, Person, Socket, fresh_sqlite, text};

use crate::launch;

#[tokio::test]
async fn zero_settings_are_the_embedded_server_with_private_files() {
    let server = Launch::new(env!("CARGO_BIN_EXE_village")).start().await;
    let ana = Person::sign_up(&server.base(), "ana", Some(&server.first_invitation())).await;
    assert_eq!(ana.get("/auth/me").await.1["role"], "owner");
    for file in ["master.key", "village.db"] {
        let mode = std::fs::metadata(server.data().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let mode = std::fs::metadata(server.data()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_refused() {
    let server = Launch::new(env!("CARGO_BIN_EXE_village")).start().await;
    let second = Command::new(env!("CARGO_BIN_EXE_village"))
        .arg("serve")
        .env_clear()
        .env("VILLAGE_DATA_DIR", server.data())
        .output()
        .unwrap();
    assert!(!second.status.success());
    let message = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(message.contains("another `village serve` is using"), "{message}");
}

#[tokio::test]
async fn a_restart_prints_the_same_invitation_until_somebody_uses_it() {
    let mut server = Launch::new(env!("CARGO_BIN_EXE_village")).start().await;
    let first = server.first_invitation();
    server.restart().await;
    assert_eq!(server.log().matches(&format!("/join/{first}")).count(), 2, "{}", server.log());
    Person::sign_up(&server.base(), "ana", Some(&first)).await;
    server.restart().await;
    assert_eq!(server.log().matches("/join/").count(), 2, "{}", server.log());
}

#[tokio::test]
async fn the_demo_is_a_lively_community_and_is_made_once() {
    let fresh = fresh_sqlite().await;
    let mut server = launch(&fresh).argument("--demo").start().await;
    let login = json!({ "email": "ana@village.example", "password": "well-lit-kitchen" });
    let (status, session) = Person::stranger(&server.base()).post("/auth/login", &login).await;
    assert_eq!(status, 200, "{session}");
    let mut ana = Person::stranger(&server.base());
    ana.use_session(&session);
    let feed = ana.get("/feed?limit=100").await.1;
    let posts = feed["items"].as_array().unwrap();
    assert!(posts.len() >= 8, "{feed}");
    let (_, jpeg) = ana.fetch(&text(&posts[0], "/images/0/sizes/0/url")).await;
    assert_eq!(jpeg[..2], [0xff, 0xd8], "pictures are there");
    assert!(posts.windows(2).all(|pair| pair[0]["created_at"].as_str() >= pair[1]["created_at"].as_str()), "{feed}");
    let slugs = ana.get("/channels?mine=true").await.1.to_string();
    assert!(slugs.contains("preemies") && slugs.contains("preschools"), "{slugs}");
    assert!(ana.get("/conversations").await.1["items"].as_array().unwrap().len() >= 3);

    server.restart().await;
    assert!(server.log().contains("no demo was made"), "{}", server.log());
    assert_eq!(ana.get("/feed?limit=100").await.1["items"].as_array().unwrap().len(), posts.len());
}

#[tokio::test]
async fn sigterm_asks_sockets_to_leave_and_ends_well() {
    let fresh = fresh_sqlite().await;
    let mut server = launch(&fresh).start().await;
    let ana = Person::sign_up(&server.base(), "ana", Some(&server.first_invitation())).await;
    let (mut socket, _) = Socket::open(&ana).await;
    server.ask_to_stop();
    let frame = socket.next_of("reconnect").await;
    assert!(frame["within_ms"].as_u64().is_some(), "{frame}");
    assert_eq!(socket.closed().await, Some(1012));
    assert!(server.stopped().await.success(), "{}", server.log());
    server.restart().await;
    assert_eq!(ana.get("/auth/me").await.0, 200, "the session is still good");
}

#[tokio::test]
async fn health_and_metrics_are_where_operators_look() {
    let fresh = fresh_sqlite().await;
    let server = launch(&fresh).start().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(reqwest::get(format!("{}{path}", server.base())).await.unwrap().status(), 200, "{path}");
    }
    let metrics = reqwest::get(format!("{}/metrics", server.admin_base())).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("village_http_requests_total"), "{metrics}");
    let outside = Person::stranger(&server.base()).get("/metrics").await;
    assert_eq!(outside.0, 404, "never on the public listener");
}

#[tokio::test]
async fn the_operator_invites_and_resets_passwords_beside_the_running_server() {
    let fresh = fresh_sqlite().await;
    let server = launch(&fresh).start().await;
    let ana = Person::sign_up(&server.base(), "ana", Some(&server.first_invitation())).await;

    let link = server.command(&["admin", "invite", "--uses", "2"]);
    let code = link.trim().rsplit('/').next().unwrap().to_owned();
    for handle in ["ben", "cleo"] {
        Person::sign_up(&server.base(), handle, Some(&code)).await;
    }

    let link = server.command(&["admin", "reset-password", &ana.email]);
    let token = link.trim().rsplit("#reset=").next().unwrap().to_owned();
    let reset = json!({ "token": token, "new_password": "a lamp in the kitchen" });
    let (status, body) = Person::stranger(&server.base()).post("/auth/password/reset", &reset).await;
    assert_eq!(status, 204, "{body}");
    let (status, _) = Person::stranger(&server.base()).post("/auth/password/reset", &reset).await;
    assert!((400..500).contains(&status), "it works once");
    let login = json!({ "email": ana.email, "password": "a lamp in the kitchen" });
    assert_eq!(Person::stranger(&server.base()).post("/auth/login", &login).await.0, 200);
}

#[test]
fn a_wrong_setting_stops_the_start_with_its_name_and_the_fix() {
    for (variable, value, expected) in [
        ("VILLAGE_REGISTRATION", "maybe", "one of: invite, open"),
        ("VILLAGE_LISTN", "127.0.0.1:0", "Did you mean `VILLAGE_LISTEN`"),
        ("VILLAGE_DATABASE_URL", "mysql://x", "database.url"),
    ] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_village")).arg("serve").env_clear().env(variable, value).output().unwrap();
        assert!(!output.status.success());
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn help_and_settings_teach() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_village")).args(arguments).env_clear().output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let help = run(&["--help"]);
    for command in ["serve", "migrate", "config", "admin", "events", "openapi", "haproxy"] {
        assert!(help.contains(command), "{command} is in the help");
    }
    let settings = run(&["config"]);
    for variable in ["VILLAGE_DATA_DIR", "VILLAGE_LISTEN", "VILLAGE_DATABASE_URL", "VILLAGE_MASTER_KEY"] {
        assert!(settings.contains(variable), "{variable} is documented");
    }
}
