//! The invariants that protect people, shown through the whole server.

use serde_json::{Value, json};
use village_testkit::{Socket, pictures};

use crate::support::{Village, eventually, on_both_engines, ready_image, session_of};

#[tokio::test]
async fn no_photo_keeps_its_metadata() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let original = pictures::jpeg_with_metadata(800, 600, 6);
        assert!(contains(&original, pictures::METADATA_MARKER.as_bytes()), "the fixture has metadata");
        let media = ready_image(&ana, original).await;
        let post = json!({ "body": "Look.", "media": [{ "media_id": media, "alt": "A picture" }] });
        let (status, post) = ana.post("/posts", &post).await;
        assert_eq!(status, 201, "{post}");
        let image = &post["images"][0];
        assert_eq!(image["alt"], "A picture");
        assert!(!image["sizes"].as_array().unwrap().is_empty());
        for size in image["sizes"].as_array().unwrap() {
            let (status, bytes) = ana.fetch(size["url"].as_str().unwrap()).await;
            assert_eq!(status, 200);
            for pattern in [
                pictures::METADATA_MARKER.as_bytes(),
                b"Exif",
                b"http://ns.adobe.com/xap",
                b"GPS",
                b"ICC_PROFILE",
                b"Photoshop",
            ] {
                assert!(
                    !contains(&bytes, pattern),
                    "{} is still in the {}",
                    String::from_utf8_lossy(pattern),
                    size["name"]
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn images_are_served_by_signed_addresses_only() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let media = ready_image(&ana, pictures::jpeg(400, 300)).await;
        let post = json!({ "body": "", "media": [{ "media_id": media }] });
        let post = ana.post("/posts", &post).await.1;
        let url = post["images"][0]["sizes"][0]["url"].as_str().unwrap().to_owned();
        assert!(ana.fetch(&url).await.0 == 200);
        let bare = url.split('?').next().unwrap();
        assert!(ana.fetch(bare).await.0 == 403, "without a signature");
        for position in [url.len() - 1, url.find("expires=").unwrap() + 10, bare.len() - 6] {
            let mut tampered = url.clone().into_bytes();
            tampered[position] = if tampered[position] == b'1' { b'2' } else { b'1' };
            let tampered = String::from_utf8(tampered).unwrap();
            assert!(ana.fetch(&tampered).await.0 >= 400, "{tampered}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_seen_once_is_gone_when_access_is() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let ben = village.join("ben").await;
        ben.post("/users/follow", &json!({ "user_id": ana.id })).await;
        let post = ana.post("/posts", &json!({ "body": "For my followers." })).await.1["id"].clone();
        let path = format!("/posts/{}", post.as_str().unwrap());
        let in_feed = async |expected: usize| {
            eventually("what should follow", async || {
                let feed = ben.get("/feed").await.1;
                feed["items"].as_array().is_some_and(|items| items.len() == expected)
            })
            .await
        };
        in_feed(1).await;
        assert_eq!(ben.get(&path).await.0, 200);

        // Unfollowed: no longer in the audience.
        ben.delete(&format!("/users/{}/follow", ana.id)).await;
        in_feed(0).await;
        assert_eq!(ben.get(&path).await.0, 404);

        ben.post("/users/follow", &json!({ "user_id": ana.id })).await;
        in_feed(1).await;
        // Blocked: at once, whatever is cached.
        ana.put(&format!("/users/{}/block", ben.id), &Value::Null).await;
        assert_eq!(ben.get("/feed").await.1["items"], json!([]));
        assert_eq!(ben.get(&path).await.0, 404);
        assert_eq!(ben.get(&format!("/users/{}", ana.id)).await.0, 404);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_post_is_gone_for_everyone_at_once() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let ben = village.join("ben").await;
        ben.post("/users/follow", &json!({ "user_id": ana.id })).await;
        let post = ana.post("/posts", &json!({ "body": "Second thoughts." })).await.1["id"].clone();
        let path = format!("/posts/{}", post.as_str().unwrap());
        eventually("what should follow", async || {
            ben.get("/feed").await.1["items"].as_array().is_some_and(|items| items.len() == 1)
        })
        .await;
        assert_eq!(ana.delete(&path).await.0, 204);
        for person in [&ana, &ben] {
            assert_eq!(person.get(&path).await.0, 404);
            assert_eq!(person.get("/feed").await.1["items"], json!([]));
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_that_was_revoked_ends_everywhere_its_socket_included() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let lost_phone = village.another_session_of_the_owner().await;
        let (mut socket, _) = Socket::open(&lost_phone).await;
        let session = session_of(&lost_phone).await;
        assert_eq!(ana.delete(&format!("/auth/sessions/{session}")).await.0, 204);
        assert_eq!(socket.closed().await, Some(4001));
        eventually("the session has ended", async || lost_phone.get("/auth/me").await.0 == 401).await;
        assert_eq!(ana.get("/auth/me").await.0, 200);
    })
    .await;
}

#[tokio::test]
async fn answers_carry_the_headers_that_keep_browsers_safe() {
    on_both_engines(async |village: &Village| {
        for path in ["/auth/registration", "/feed", "/nothing-here"] {
            let response = reqwest::get(format!("{}{path}", village.base())).await.unwrap();
            let headers = response.headers();
            assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
            assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
            assert!(headers.contains_key("content-security-policy"), "{path}");
            assert!(headers.contains_key("x-request-id"), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_problem_can_be_read_by_clients_that_accept_compression() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let packed = [("accept-encoding", "gzip")];
        let answer = ana.send(village_testkit::Method::GET, "/posts/nothing", &packed, None).await;
        assert_eq!((answer.status, answer.code()), (404, "not_found"));
        assert!(!answer.headers.contains_key("content-encoding"), "{:?}", answer.headers);
        let refused = village.nobody().send(village_testkit::Method::GET, "/feed", &packed, None).await;
        assert_eq!(refused.code(), "unauthenticated");
        assert_eq!(refused.headers.get_all("www-authenticate").iter().count(), 1, "{:?}", refused.headers);
    })
    .await;
}

#[tokio::test]
async fn the_feed_of_a_slow_day_is_paged_without_repeats_or_holes() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let mut written = Vec::new();
        for number in 0..45 {
            written.push(ana.post("/posts", &json!({ "body": format!("Note {number}") })).await.1["id"].clone());
        }
        written.reverse();
        let mut read = Vec::new();
        let mut path = "/feed?limit=7".to_owned();
        loop {
            let page = ana.get(&path).await.1;
            read.extend(page["items"].as_array().unwrap().iter().map(|post| post["id"].clone()));
            match page["next"].as_str() {
                Some(next) => path = format!("/feed?limit=7&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(read, written);
    })
    .await;
}

fn contains(bytes: &[u8], pattern: &[u8]) -> bool {
    bytes.windows(pattern.len()).any(|window| window == pattern)
}
