//! What a process refuses to start on, and what it says of itself when what it stands on fails.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use village_testkit::{
    FaultProxy, Fresh, Launch, Person, Socket, VillageProcess, free_port, fresh_postgres, fresh_sqlite,
};

use crate::launch;
use crate::shared::eventually;

/// Runs `village` to its end, which is soon: it has something to refuse.
fn run(arguments: &[&str], data: &Path, database_url: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_village"));
    command.args(arguments).env_clear().env("VILLAGE_DATA_DIR", data).env("VILLAGE_DATABASE_URL", database_url);
    for variable in ["VILLAGE_LISTEN", "VILLAGE_ADMIN_LISTEN"] {
        command.env(variable, format!("127.0.0.1:{}", free_port()));
    }
    command.output().unwrap()
}

#[track_caller]
fn refused(output: &Output, reason: &str) {
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && message.contains(reason), "{message}");
}

#[tokio::test]
async fn a_second_server_on_the_same_database_is_refused_from_wherever() {
    let server = Launch::new(env!("CARGO_BIN_EXE_village")).start().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let database = server.data().join("village.db");
    let (symlink, hard_link) = (elsewhere.path().join("symlink.db"), elsewhere.path().join("hard.db"));
    std::os::unix::fs::symlink(&database, &symlink).unwrap();
    fs::hard_link(&database, &hard_link).unwrap();
    for path in [&database, &symlink, &hard_link] {
        let second = run(&["serve"], &elsewhere.path().join("data"), &format!("sqlite:{}", path.display()));
        refused(&second, "another `village serve` is using the database");
    }
    let ana = Person::sign_up(&server.base(), "ana", Some(&server.first_invitation())).await;
    assert_eq!(ana.get("/auth/me").await.0, 200, "the first goes on");
    // The operator's commands run beside it.
    assert!(server.command(&["admin", "invite"]).contains("/join/"));
}

#[tokio::test]
async fn a_master_key_that_is_not_the_databases_stops_the_start_and_the_commands() {
    for fresh in [fresh_sqlite().await, fresh_postgres().await] {
        let mut server = launch(&fresh).start().await;
        let ana = Person::sign_up(&server.base(), "ana", Some(&server.first_invitation())).await;
        assert!(server.stop().await.success());
        let key = server.data().join("master.key");
        let right = fs::read(&key).unwrap();
        fs::write(&key, [7; 32]).unwrap();
        for arguments in [&["serve"][..], &["admin", "invite"], &["admin", "reset-password", &ana.email]] {
            refused(&run(arguments, server.data(), &fresh.url), "is not the one that the database was made with");
        }
        fs::remove_file(&key).unwrap();
        for _ in 0..2 {
            refused(&run(&["serve"], server.data(), &fresh.url), "the database was made with a master key");
            assert!(!key.exists(), "no wrong key is left behind");
        }
        fs::write(&key, &right).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        server.restart().await;
        assert_eq!(ana.get("/auth/me").await.0, 200, "nothing was changed meanwhile");

        // The key is lost for good.
        server.stop().await;
        fs::write(&key, [7; 32]).unwrap();
        server.command(&["admin", "adopt-master-key"]);
        server.restart().await;
        assert_eq!(ana.log_in().await.get("/auth/me").await.0, 200);
        drop(server);
        fresh.discard().await;
    }
}

async fn readiness(base: &str) -> (u16, Value) {
    let answer = reqwest::get(format!("{base}/readyz")).await.expect("the process answers");
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

async fn is_alive(server: &VillageProcess) -> bool {
    reqwest::get(format!("{}/healthz", server.base())).await.is_ok_and(|answer| answer.status() == 200)
}

#[tokio::test]
async fn a_full_disk_is_not_ready_but_alive_and_ready_again_when_there_is_room() {
    // Its files may not grow past a few pages: what a full disk does, without a disk. The shell lets the process live
    // with the signal that comes with the error.
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("village");
    fs::write(&script, format!("#!/bin/sh\ntrap '' XFSZ\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_village"))).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    let server = Launch::new(&script).start().await;
    let limit = |bytes: &str| {
        let pid = server.pid().unwrap().to_string();
        let done = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:unlimited")]).status();
        assert!(done.is_ok_and(|status| status.success()), "prlimit comes with util-linux");
    };
    limit("8192");
    eventually("it is not ready", async || readiness(&server.base()).await.0 == 503).await;
    let (_, report) = readiness(&server.admin_base()).await;
    assert_eq!(report["status"], "unavailable", "{report}");
    assert!(is_alive(&server).await);
    limit("unlimited");
    eventually("it is ready again", async || readiness(&server.base()).await.0 == 200).await;
}

#[tokio::test]
async fn damaged_pages_are_not_ready() {
    let fresh = fresh_sqlite().await;
    let mut server = launch(&fresh).argument("--demo").start().await;
    assert!(server.stop().await.success(), "the log is folded into the file");
    server.restart().await;
    assert_eq!(readiness(&server.base()).await.0, 200);
    // Pages that nobody has asked for, while it runs.
    let path = fresh.url.strip_prefix("sqlite:").unwrap();
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    let pages = file.metadata().unwrap().len() / 4096;
    file.seek(SeekFrom::Start(pages / 2 * 4096)).unwrap();
    file.write_all(&vec![0x5a; usize::try_from(pages / 4 * 4096).unwrap()]).unwrap();
    file.sync_all().unwrap();
    eventually("it is not ready", async || readiness(&server.base()).await.0 == 503).await;
    assert!(is_alive(&server).await);
    let (_, report) = readiness(&server.admin_base()).await;
    assert!(report["checks"]["database"]["reason"].as_str().is_some_and(|why| why.contains("damaged")), "{report}");
}

#[tokio::test]
async fn without_its_database_a_process_is_alive_and_not_ready_and_its_sockets_stay() {
    let fresh: Fresh = fresh_postgres().await;
    let mut proxy = FaultProxy::before(&fresh.url).await;
    let server = launch(&fresh).env("VILLAGE_DATABASE_URL", proxy.url(&fresh.url)).start().await;
    let ana = Person::sign_up(&server.base(), "ana", Some(&server.first_invitation())).await;
    let (mut socket, _) = Socket::open(&ana).await;
    for fails in ["cut off", "hanging"] {
        match fails {
            "hanging" => proxy.stall(),
            _ => proxy.cut().await,
        }
        eventually("it is not ready", async || readiness(&server.base()).await.0 == 503).await;
        assert!(is_alive(&server).await, "{fails}");
        socket.request(serde_json::json!({ "type": "ping" })).await.expect("the socket is open");
        proxy.resume().await;
        eventually("it is ready again", async || readiness(&server.base()).await.0 == 200).await;
    }
}

#[tokio::test]
async fn silent_connections_give_their_places_back() {
    let fresh = fresh_sqlite().await;
    let server = launch(&fresh).env("VILLAGE_MAX_CONNECTIONS", 50).env("VILLAGE_HEAD_TIMEOUT_SECONDS", 2).start().await;
    let mut silent = Vec::new();
    for number in 0..60 {
        let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
        let beginning: &[u8] = [&b""[..], b"GET / HT", b"PRI * HTTP/2.0\r\n\r\n"][number % 3];
        tokio::io::AsyncWriteExt::write_all(&mut stream, beginning).await.unwrap();
        silent.push(stream);
    }
    let answer = tokio::time::timeout(Duration::from_secs(30), readiness(&server.base())).await;
    assert_eq!(answer.expect("there is room again").0, 200);
}

#[tokio::test]
async fn behind_a_proxy_the_forwarded_address_is_held_to_its_share_and_the_proxy_is_not() {
    let fresh = fresh_sqlite().await;
    let server =
        launch(&fresh).env("VILLAGE_TRUSTED_PROXY_HOPS", 1).env("VILLAGE_MAX_CONNECTIONS_PER_ADDRESS", 3).start().await;
    // Sockets that take their time to say hello, each over its own connection of the one proxy.
    let open = async |forwarded: &str| {
        let mut request = format!("ws://{}/messaging", server.address()).into_client_request().unwrap();
        for (name, value) in [("sec-websocket-protocol", "village.v1"), ("x-forwarded-for", forwarded)] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        tokio_tungstenite::connect_async(request).await.map(|(socket, _)| socket)
    };
    let mut held = Vec::new();
    for forwarded in ["6.6.6.6, 192.0.2.1", "192.0.2.1:4711", "::ffff:192.0.2.1"] {
        held.push(open(forwarded).await.unwrap_or_else(|error| panic!("{forwarded}: {error}")));
    }
    for forwarded in ["192.0.2.1", "\"[::FFFF:192.0.2.1]:443\""] {
        let refused = open(forwarded).await.expect_err("the share is used up").to_string();
        assert!(refused.contains("429"), "{refused}");
    }
    for number in 0..20 {
        held.push(open(&format!("198.51.100.{number}")).await.expect("others have their own"));
        held.push(open(&format!("2001:db8:0:{number}::1")).await.expect("others have their own"));
    }
    held.drain(..3);
    eventually("the places are given back", async || open("192.0.2.1").await.is_ok()).await;
}

#[tokio::test]
async fn whom_to_tell_of_a_weakness_is_published_when_the_operator_says_so() {
    let fresh = fresh_sqlite().await;
    let silent = launch(&fresh).start().await;
    let file = |server: &VillageProcess| format!("{}/.well-known/security.txt", server.base());
    let browser = reqwest::Client::new().get(file(&silent)).header("accept", "text/html").send().await.unwrap();
    assert_eq!(browser.status(), 404);
    drop(silent);
    let server = launch(&fresh_sqlite().await)
        .env("VILLAGE_SECURITY_CONTACT", "mailto:security@village.example, https://village.example/report")
        .env("VILLAGE_SECURITY_LANGUAGES", "en, de")
        .start()
        .await;
    let answer = reqwest::get(file(&server)).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
    let text = answer.text().await.unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "Contact: mailto:security@village.example", "{text}");
    assert_eq!(lines[1], "Contact: https://village.example/report", "{text}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("Expires: 20")).count(), 1, "{text}");
    assert!(text.contains("Preferred-Languages: en, de") && text.contains("Canonical: "), "{text}");
}
