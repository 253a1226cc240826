//! From the request to upload until the bytes are there: who may, and how much.

use std::time::Duration;

use image::ImageFormat;
use reqwest::{Client, Method, StatusCode};
use serde_json::json;
use village_blob::BlobStore;
use village_bus::Subscriber;
use village_db::{fetch_one, transaction};
use village_events::MediaUploaded;
use village_kernel::{Clock, MediaId, UserId};
use village_ports::{MediaAccess, MediaPurpose};
use village_posts::media::{MediaSettings, MediaState, ProcessMedia};
use village_testkit::pictures::{METADATA_MARKER, jpeg, jpeg_with_metadata};
use village_testkit::{Fresh, on_both_engines};

use crate::pipeline::{Pipeline, id_of};

#[tokio::test]
async fn a_photo_goes_from_upload_to_signed_urls_and_leaves_its_metadata_behind() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let photo = jpeg_with_metadata(600, 400, 6);
        let id = pipeline.upload("image/jpeg", &photo).await;
        assert_eq!(pipeline.usage().await, (1, 1, photo.len() as i64));
        pipeline.process(id).await;
        let view = pipeline.show(id).await;
        assert_eq!((view.id, view.state, view.reason), (id, MediaState::Ready, None));
        let image = view.image.unwrap();
        assert_eq!((image.media_id, image.width, image.height), (id, 400, 600));
        assert_eq!(image.sizes.len(), 2);
        let mut stored = 0;
        for size in &image.sizes {
            let response = reqwest::get(&size.url).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.headers()["content-type"], "image/jpeg");
            assert!(response.headers()["cache-control"].to_str().unwrap().starts_with("private, "));
            let bytes = response.bytes().await.unwrap();
            stored += bytes.len() as i64;
            for secret in ["Exif", "xmpmeta", METADATA_MARKER] {
                assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
            }
            let drawn = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).unwrap();
            assert_eq!((drawn.width(), drawn.height()), (size.width, size.height));
        }
        // The upload is gone, and what is counted is what is stored.
        assert_eq!(pipeline.objects().len(), 2);
        assert_eq!(pipeline.usage().await, (1, 0, stored));
        fresh.clock.advance(Duration::from_secs(31 * 60));
        for size in &image.sizes {
            assert_eq!(reqwest::get(&size.url).await.unwrap().status(), StatusCode::FORBIDDEN);
        }
    })
    .await;
}

#[tokio::test]
async fn completing_asks_for_exactly_the_declared_bytes_and_announces_them_once() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let created = pipeline.begin("image/jpeg", 4).await;
        let id = id_of(&created);
        let (status, problem) = pipeline.complete(id).await;
        assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("upload_missing")));
        let key: (String,) =
            fetch_one!(&mut fresh.db.reader().await.unwrap(), "select upload_key from posts_media").unwrap();
        pipeline.blobs.write(&key.0.parse().unwrap(), "image/jpeg", "12345".into()).await.unwrap();
        let (status, problem) = pipeline.complete(id).await;
        assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("upload_mismatch")));
        assert_eq!(pipeline.show(id).await.state, MediaState::Pending);
        assert!(pipeline.events().await.is_empty());
        pipeline.blobs.write(&key.0.parse().unwrap(), "image/jpeg", "1234".into()).await.unwrap();
        let answers = futures::future::join_all((0..5).map(|_| pipeline.complete(id))).await;
        assert!(answers.iter().all(|(status, _)| *status == StatusCode::ACCEPTED), "{answers:?}");
        assert_eq!(pipeline.events().await, [MediaUploaded { media_id: id }]);
        pipeline.process(id).await;
        let (status, body) = pipeline.complete(id).await;
        assert_eq!((status, &body["state"]), (StatusCode::ACCEPTED, &json!("rejected")));
        assert_eq!(body["reason"], "not_an_image");
    })
    .await;
}

#[tokio::test]
async fn a_strangers_upload_does_not_exist() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let id = pipeline.ready().await;
        let bo = UserId::new(fresh.clock.now());
        for (method, path) in [(Method::GET, format!("/media/{id}")), (Method::POST, format!("/media/{id}/complete"))] {
            let theirs = pipeline.call(bo, method.clone(), &path, None).await;
            let nobodys = path.replace(&id.to_string(), &MediaId::new(fresh.clock.now()).to_string());
            assert_eq!(theirs, pipeline.call(bo, method.clone(), &nobodys, None).await);
            assert_eq!(theirs.0, StatusCode::NOT_FOUND);
            let nobody = Client::new().request(method, format!("{}{path}", pipeline.origin)).send().await.unwrap();
            assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_an_image_is_not_let_in() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let good = json!({"content_type": "image/jpeg", "length": 5, "purpose": "post"});
        for (field, value) in [
            ("content_type", json!("text/html")),
            ("content_type", json!("")),
            ("content_type", json!(1)),
            ("length", json!(0)),
            ("length", json!(-1)),
            ("length", json!((20 << 20) + 1)),
            ("length", json!(u64::MAX)),
            ("purpose", json!("wallpaper")),
            ("extra", json!(1)),
        ] {
            let mut body = good.clone();
            body[field] = value.clone();
            let (status, problem) = pipeline.call(pipeline.ana, Method::POST, "/media", Some(body)).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {value}: {problem}");
            assert_eq!(problem["code"], "invalid_request");
        }
        for (content_type, code, advice) in [
            ("image/heic", "heic_not_supported", "JPEG"),
            ("image/heif", "heic_not_supported", "JPEG"),
            ("image/avif", "avif_not_supported", "JPEG"),
            ("image/bmp", "unknown", "image/png"),
        ] {
            let mut body = good.clone();
            body["content_type"] = json!(content_type);
            let (status, problem) = pipeline.call(pipeline.ana, Method::POST, "/media", Some(body)).await;
            assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_request")));
            let field = &problem["fields"][0];
            assert_eq!((&field["field"], &field["code"]), (&json!("content_type"), &json!(code)));
            assert!(field["message"].as_str().unwrap().contains(advice), "{field}");
        }
        assert_eq!(pipeline.count("select count(*) from posts_media").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_retried_request_finds_the_same_upload() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let body = || Some(json!({"content_type": "image/png", "length": 5, "purpose": "avatar"}));
        let post = || pipeline.call_with_key(pipeline.ana, Method::POST, "/media", body(), Some("k-1"));
        let answers = futures::future::join_all((0..4).map(|_| post())).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(answers[0].0, StatusCode::CREATED);
        fresh.clock.advance(Duration::from_secs(60));
        assert_eq!(post().await, answers[0]);
        assert_eq!(pipeline.usage().await, (1, 1, 5));
        let bo = UserId::new(fresh.clock.now());
        let (_, other) = pipeline.call_with_key(bo, Method::POST, "/media", body(), Some("k-1")).await;
        assert_ne!(other["id"], answers[0].1["id"]);
    })
    .await;
}

#[tokio::test]
async fn a_quota_holds_however_many_ask_at_once() {
    on_both_engines(async |fresh: &Fresh| {
        let settings = MediaSettings { max_pending: 3, max_items: 4, max_bytes: 1000, ..MediaSettings::default() };
        let pipeline = Pipeline::with(fresh, settings).await;
        let body = |length: u64| Some(json!({"content_type": "image/png", "length": length, "purpose": "post"}));
        let post = |length| pipeline.call(pipeline.ana, Method::POST, "/media", body(length));
        let answers = futures::future::join_all((0..8).map(|_| post(10))).await;
        let count = |wanted: StatusCode| answers.iter().filter(|(status, _)| *status == wanted).count();
        assert_eq!((count(StatusCode::CREATED), count(StatusCode::TOO_MANY_REQUESTS)), (3, 5), "{answers:?}");
        assert!(answers.iter().all(|(_, body)| body["id"].is_string() || body["code"] == "media_quota_exceeded"));
        assert_eq!(pipeline.usage().await, (3, 3, 30));
        // Somebody else is not affected.
        let bo = UserId::new(fresh.clock.now());
        assert_eq!(pipeline.call(bo, Method::POST, "/media", body(10)).await.0, StatusCode::CREATED);
        // A day later the forgotten uploads have made room.
        fresh.clock.advance(Duration::from_secs(25 * 3600));
        pipeline.media.sweep_once().await.unwrap();
        assert_eq!(pipeline.usage().await, (0, 0, 0));
        let (status, problem) = post(1001).await;
        assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("media_quota_exceeded")));
        assert_eq!(post(1000).await.0, StatusCode::CREATED);
        assert_eq!(post(1).await.0, StatusCode::CONFLICT);
    })
    .await;
}

/// Answers to sending the file once more.
async fn sent_again(pipeline: &Pipeline<'_>, created: &serde_json::Value, bytes: &[u8]) -> (StatusCode, String) {
    let response = pipeline.put_for(created, bytes).await;
    let status = response.status();
    let problem: serde_json::Value = response.json().await.unwrap();
    (status, problem["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_upload_url_works_once_also_when_the_upload_was_processed_or_rejected_or_its_image_deleted() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let used = || (StatusCode::PRECONDITION_FAILED, "already_uploaded".to_owned());
        let mut all = Vec::new();
        for bytes in [jpeg(40, 30), b"no image at all".to_vec()] {
            let created = pipeline.begin("image/jpeg", bytes.len()).await;
            assert_eq!(pipeline.put(&created, &bytes).await, StatusCode::OK);
            assert_eq!(sent_again(&pipeline, &created, &bytes).await, used());
            pipeline.complete(id_of(&created)).await;
            assert_eq!(sent_again(&pipeline, &created, &bytes).await, used());
            pipeline.process(id_of(&created)).await;
            assert_eq!(sent_again(&pipeline, &created, &bytes).await, used());
            all.push((created, bytes));
        }
        assert_eq!((pipeline.objects().len(), pipeline.files().len()), (1, 3));
        // The image is used and deleted while its URL is still good.
        let image = id_of(&all[0].0);
        pipeline.attach(pipeline.ana, MediaPurpose::Post, &[image]).await.unwrap();
        transaction!(&fresh.db, |tx| -> Result<(), village_db::Error> { pipeline.media.release(tx, &[image]).await })
            .unwrap();
        pipeline.media.sweep_once().await.unwrap();
        for (created, bytes) in &all {
            assert_eq!(sent_again(&pipeline, created, bytes).await, used());
        }
        assert!(pipeline.objects().is_empty());
        // Nothing is left once the URLs have expired.
        fresh.clock.advance(Duration::from_secs(2 * 3600));
        for (created, bytes) in &all {
            assert_eq!(pipeline.put(created, bytes).await, StatusCode::FORBIDDEN);
        }
        pipeline.media.sweep_once().await.unwrap();
        assert!(pipeline.files().is_empty());
    })
    .await;
}

#[tokio::test]
async fn one_persons_many_images_do_not_hold_up_anothers() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let process = ProcessMedia(pipeline.media.clone());
        let most_of_one_person = MediaSettings::default().max_pending as usize;
        assert!(process.concurrency() > most_of_one_person, "one person's images fill all places");
        for upload_key in [pipeline.begin("image/png", 5).await, pipeline.begin("image/png", 5).await] {
            let url = upload_key["upload"]["url"].as_str().unwrap();
            assert!(url.contains(&format!("/uploads/{}/", pipeline.ana)), "the store cannot tell people apart: {url}");
        }
    })
    .await;
}
