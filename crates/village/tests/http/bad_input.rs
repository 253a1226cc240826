//! Bad input gets a 4xx with a code and a sentence, and changes nothing.

use serde_json::{Value, json};
use village_testkit::{Method, Person, Socket, pictures};

use crate::support::{Village, on_both_engines, ready_image, refused};

#[tokio::test]
async fn bodies_that_are_not_what_an_operation_takes_are_refused_and_nothing_changes() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let cases: &[(&str, &str, u16, &str)] = &[
            ("application/json", "{", 400, "invalid_json"),
            ("application/json", "", 400, "invalid_json"),
            ("application/json", "{\"body\":\"x\"} trailing", 400, "invalid_json"),
            ("application/json", "[[]]", 422, "invalid_request"),
            ("application/json", "null", 422, "invalid_request"),
            ("application/json", "{\"body\":7}", 422, "invalid_request"),
            ("application/json", "{\"body\":\"x\",\"surprise\":1}", 422, "invalid_request"),
            ("application/json", "{\"body\":\"\"}", 422, "invalid_request"),
            ("application/json", "{\"body\":\"\\u0000\"}", 422, "invalid_request"),
            ("application/json", "{\"body\":\"x\",\"channel_id\":\"nonsense\"}", 422, "invalid_request"),
            ("text/plain", "{\"body\":\"x\"}", 415, "unsupported_media_type"),
            ("application/json", "\u{feff}{\"body\":\"x\"}", 400, "invalid_json"),
        ];
        for (content_type, body, status, code) in cases {
            let (got, problem) = raw(&ana, content_type, body.as_bytes().to_vec()).await;
            assert_eq!((got, problem["code"].as_str()), (*status, Some(*code)), "{body:?}: {problem}");
            assert!(problem["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{problem}");
            assert!(problem["request_id"].is_string(), "{problem}");
        }
        let deep = format!("{{\"body\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
        let (status, problem) = raw(&ana, "application/json", deep.into_bytes()).await;
        assert!(status == 400 || status == 422, "{problem}");
        let long = json!({ "body": "x".repeat(5_001) });
        refused(ana.post("/posts", &long).await, 422, "invalid_request");
        let huge = json!({ "body": "x".repeat(200_000) });
        refused(ana.post("/posts", &huge).await, 413, "body_too_large");
        let (_, feed) = ana.get("/feed").await;
        assert_eq!(feed["items"], json!([]), "nothing was posted");
    })
    .await;
}

#[tokio::test]
async fn cursors_limits_and_ids_that_are_not_ours_are_refused() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let lists = [
            "/feed",
            "/channels",
            "/users",
            "/conversations",
            "/conversations?box=requests",
            "/notifications",
            "/posts?author_id=x",
        ];
        for list in lists {
            let joint = if list.contains('?') { '&' } else { '?' };
            let list = list.replace("=x", &format!("={}", ana.id));
            for cursor in ["nonsense", "%00", "bm9wZQ", "eyJhIjoxfQ"] {
                let (status, problem) = ana.get(&format!("{list}{joint}cursor={cursor}")).await;
                assert_eq!(
                    (status, problem["code"].as_str()),
                    (400, Some("invalid_cursor")),
                    "{list} {cursor}: {problem}"
                );
            }
            for limit in ["0", "101", "-1", "many", "99999999999999999999"] {
                let (status, problem) = ana.get(&format!("{list}{joint}limit={limit}")).await;
                assert_eq!(
                    (status, problem["code"].as_str()),
                    (422, Some("invalid_request")),
                    "{list} {limit}: {problem}"
                );
            }
        }
        for path in ["/posts/nonsense", "/posts/00000000-0000-0000-0000-000000000000", "/conversations/x", "/media/x"] {
            refused(ana.get(path).await, 404, "not_found");
        }
        let brewed = ana.send("BREW".parse().unwrap(), "/posts", &[], None).await;
        refused((brewed.status, brewed.body), 405, "method_not_allowed");
        refused(ana.get("/postscript").await, 404, "not_found");
    })
    .await;
}

#[tokio::test]
async fn what_groups_and_settings_do_not_take_is_refused_and_changes_nothing() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let ben = village.join("ben").await;
        let group = ana.post("/conversations/groups", &json!({ "name": "Night", "member_ids": [ben.id] })).await.1;
        let path = format!("/conversations/{}", group["id"].as_str().unwrap());
        let before = ana.get(&path).await.1;
        let of = |what: &str| format!("{path}{what}");
        for (method, path, body) in [
            ("POST", "/conversations/groups".to_owned(), json!({ "name": "x" })),
            ("POST", "/conversations/groups".to_owned(), json!({ "name": "a\u{0}b", "member_ids": [ben.id] })),
            ("PATCH", path.clone(), json!({ "name": null, "surprise": 1 })),
            ("PATCH", path.clone(), json!({ "retention_seconds": "week" })),
            ("PATCH", path.clone(), json!({ "picture_media_id": "nonsense" })),
            ("POST", of("/members"), json!({ "user_ids": "ben" })),
            ("POST", of("/members"), json!({ "user_ids": [] })),
            ("PUT", of(&format!("/members/{}", ben.id)), json!({ "role": "queen" })),
            ("POST", of("/link"), json!({ "expires_in_seconds": 1e9 })),
            ("PUT", of("/draft"), json!({ "body": 7 })),
            ("PUT", of("/settings"), json!({ "notify": "loudly" })),
            ("PUT", of("/settings"), json!({ "muted_until": "later" })),
            ("POST", "/conversations/delivered".to_owned(), json!({ "conversations": { "nonsense": 1 } })),
            ("POST", "/conversations/links/join".to_owned(), json!({ "code": null })),
            ("PATCH", "/messaging/settings".to_owned(), json!({ "presence": "maybe" })),
        ] {
            let answer = ana.send(method.parse().unwrap(), &path, &[], Some(&body)).await;
            assert_eq!((answer.status, answer.code()), (422, "invalid_request"), "{method} {path} {body}: {answer:?}");
        }
        for path in [of("/members/nonsense"), "/conversations/nonsense/members/nonsense".to_owned()] {
            refused(ana.delete(&path).await, 404, "not_found");
        }
        refused(ana.put("/conversations/channels/nonsense", &Value::Null).await, 404, "not_found");
        refused(ana.get("/conversations?box=drawer").await, 422, "invalid_query");
        assert_eq!(ana.get(&path).await.1, before);
    })
    .await;
}

#[tokio::test]
async fn tokens_that_are_not_ours_are_refused() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let forged = [
            "x".to_owned(),
            "a.b.c".to_owned(),
            String::new(),
            format!("{}x", ana.token()),
            // alg "none" with the claims of the real token
            format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{}.", ana.token().split('.').nth(1).unwrap()),
            "é".repeat(2_000),
        ];
        for token in forged {
            let person = village.with_token(&token);
            let (status, problem) = person.get("/auth/me").await;
            assert_eq!(status, 401, "{token}: {problem}");
            assert_eq!(problem["code"], "unauthenticated");
        }
        assert_eq!(ana.get("/auth/me").await.0, 200);
    })
    .await;
}

#[tokio::test]
async fn an_idempotency_key_makes_a_retry_safe_and_cannot_be_reused_for_something_else() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let once = json!({ "body": "Only once." });
        let (first, second) =
            tokio::join!(ana.post_once("key-1", "/posts", &once), ana.post_once("key-1", "/posts", &once),);
        assert_eq!((first.0, second.0), (201, 201), "{} {}", first.1, second.1);
        assert_eq!(first.1["id"], second.1["id"]);
        let (_, feed) = ana.get("/feed").await;
        assert_eq!(feed["items"].as_array().unwrap().len(), 1);
        refused(ana.post_once("key-1", "/posts", &json!({ "body": "Else." })).await, 409, "idempotency_key_reused");
        refused(ana.post_once("not a key", "/posts", &once).await, 422, "invalid_request");
    })
    .await;
}

#[tokio::test]
async fn uploads_that_are_not_what_was_signed_are_refused() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let jpeg = pictures::jpeg(320, 240);
        let ask = json!({ "content_type": "image/jpeg", "length": jpeg.len(), "purpose": "post" });
        let (_, signed) = ana.post("/media", &ask).await;
        let altered = |pointer: &str, from: &str, to: &str| {
            let mut altered = signed.clone();
            let value = altered.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer} in {signed}"));
            *value = value.as_str().unwrap().replacen(from, to, 1).into();
            altered
        };
        let headers = signed["upload"]["headers"].as_object().unwrap();
        let content_type = headers.keys().find(|name| name.eq_ignore_ascii_case("content-type")).unwrap();
        let content_type = format!("/upload/headers/{content_type}");
        let mut longer = jpeg.clone();
        longer.push(0);
        for (what, upload, bytes) in [
            ("another type", altered(&content_type, "jpeg", "png"), jpeg.clone()),
            ("one byte too many", signed.clone(), longer),
            ("one byte too few", signed.clone(), jpeg[1..].to_vec()),
            ("a changed signature", altered("/upload/url", "signature=", "signature=A"), jpeg.clone()),
            ("another key", altered("/upload/url", "/blobs/", "/blobs/x"), jpeg.clone()),
            ("a later expiry", altered("/upload/url", "expires=", "expires=9"), jpeg.clone()),
        ] {
            let answer = ana.send_upload(&upload, bytes).await;
            assert!((400..500).contains(&answer.status), "{what}: {answer:?}");
            assert!(!answer.code().is_empty(), "{what}: {answer:?}");
        }
        assert_eq!(ana.send_upload(&signed, jpeg.clone()).await.status / 100, 2, "as signed");
        assert_eq!(ana.send_upload(&signed, jpeg).await.status, 412, "it works once");

        for (what, ask) in [
            ("a type we do not take", json!({ "content_type": "image/svg+xml", "length": 10, "purpose": "post" })),
            ("too large", json!({ "content_type": "image/png", "length": 999_999_999, "purpose": "post" })),
            ("empty", json!({ "content_type": "image/png", "length": 0, "purpose": "post" })),
        ] {
            let (status, problem) = ana.post("/media", &ask).await;
            assert_eq!(status, 422, "{what}: {problem}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_that_cannot_be_shown_is_rejected_with_a_reason() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let html = b"<script>alert(1)</script>".to_vec();
        let truncated = {
            let jpeg = pictures::jpeg(640, 480);
            jpeg[..jpeg.len() / 3].to_vec()
        };
        for (what, content_type, bytes) in [
            ("not an image", "image/png", html),
            ("a decompression bomb", "image/png", pictures::png_that_claims(30_000, 30_000)),
            ("half a file", "image/jpeg", truncated),
        ] {
            let settled = ana.upload(content_type, bytes, "post").await;
            assert_eq!(settled["state"], "rejected", "{what}: {settled}");
            assert!(settled["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{what}: {settled}");
            let post = json!({ "body": "", "media": [{ "media_id": settled["id"] }] });
            refused(ana.post("/posts", &post).await, 409, "media_not_ready");
        }
    })
    .await;
}

#[tokio::test]
async fn people_cannot_use_what_is_not_theirs() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let ben = village.join("ben").await;
        let picture = ready_image(&ana, pictures::jpeg(64, 64)).await;
        let stolen = json!({ "body": "Mine now.", "media": [{ "media_id": picture }] });
        refused(ben.post("/posts", &stolen).await, 422, "invalid_request");

        let open = json!({ "slug": "open", "name": "Open", "visibility": "open" });
        let open = ana.post("/channels", &open).await.1["id"].clone();
        refused(ben.post("/posts", &json!({ "channel_id": open, "body": "Hi." })).await, 403, "not_a_member");
        let private = json!({ "slug": "private", "name": "Private", "visibility": "private" });
        let private = ana.post("/channels", &private).await.1["id"].clone();
        refused(ben.post("/posts", &json!({ "channel_id": private, "body": "Hi." })).await, 404, "not_found");
        refused(ben.get(&format!("/channels/{}/posts", private.as_str().unwrap())).await, 404, "not_found");
        refused(ben.get("/channels/private").await, 404, "not_found");

        assert_eq!(ana.put(&format!("/users/{}/block", ben.id), &Value::Null).await.0, 200);
        refused(ben.post("/conversations", &json!({ "user_id": ana.id })).await, 404, "not_found");
    })
    .await;
}

#[tokio::test]
async fn whoever_is_blocked_can_read_the_conversation_but_not_write_into_it() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let ben = village.join("ben").await;
        let conversation = ana.post("/conversations", &json!({ "user_id": ben.id })).await.1;
        let path = format!("/conversations/{}/messages", conversation["id"].as_str().unwrap());
        let hello = json!({ "client_id": "1", "body": "Hello." });
        assert_eq!(ben.post(&path, &hello.clone()).await.0, 201);
        assert_eq!(ana.put(&format!("/users/{}/block", ben.id), &Value::Null).await.0, 200);
        let again = json!({ "client_id": "2", "body": "Answer me." });
        refused(ben.post(&path, &again).await, 403, "cannot_send");
        assert_eq!(ben.get(&path).await.1["items"].as_array().unwrap().len(), 1);
        assert_eq!(ana.get(&path).await.1["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_socket_refuses_what_comes_before_hello_and_what_is_too_large() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let mut early = Socket::connect(village.base()).await;
        early.send(&json!({ "type": "ping", "ref": "1" })).await;
        assert_eq!(early.closed().await, Some(4002));

        let mut forged = Socket::connect(village.base()).await;
        forged.send(&json!({ "type": "hello", "ref": "1", "token": "nonsense" })).await;
        assert_eq!(forged.closed().await, Some(4001));

        let (mut large, _) = Socket::open(&ana).await;
        large.send(&json!({ "type": "ping", "ref": "x".repeat(40_000) })).await;
        assert_eq!(large.closed().await, Some(1009));

        let foreign = Socket::try_connect(village.base(), &[("origin", "https://elsewhere.example")]).await;
        let refused = match foreign {
            Err(_) => true,
            Ok(mut socket) => socket.closed().await == Some(4003),
        };
        assert!(refused, "a page of another site");
    })
    .await;
}

async fn raw(person: &Person, content_type: &str, body: Vec<u8>) -> (u16, Value) {
    let answer = person.send_bytes(Method::POST, "/posts", &[], Some((content_type, body))).await;
    (answer.status, answer.body)
}
