//! The pipeline from the request to upload until the signed URLs, through real HTTP, on both engines.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use image::ImageFormat;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use village_blob::{BlobStore, DiskBlobs};
use village_bus::Subscriber;
use village_db::{WriteError, execute, fetch_all, fetch_one, transaction};
use village_events::{CloudEvent, MediaUploaded};
use village_http::{Identify, RateLimitConfig, RateLimits, identify};
use village_kernel::secret::MasterKey;
use village_kernel::{Clock, MediaId, Role, SessionId, UserId, Viewer};
use village_ports::{AccessTokens, AttachError, MediaAccess, MediaPurpose, TokenError, VerifiedToken};
use village_posts::media::{Media, MediaSettings, MediaState, MediaView, NewMedia, ProcessMedia, Reason, expiry};
use village_testkit::pictures::{METADATA_MARKER, jpeg, jpeg_with_metadata, png, png_that_claims};
use village_testkit::{Fresh, on_both_engines};

/// A token is the person's id.
struct Tokens;

#[async_trait]
impl AccessTokens for Tokens {
    async fn verify(&self, token: &str) -> Result<VerifiedToken, TokenError> {
        let user: UserId = token.parse().map_err(|_| TokenError::Invalid)?;
        let viewer = Viewer { user, session: SessionId(user.0), role: Role::Member };
        Ok(VerifiedToken { viewer, expires_at: village_kernel::SystemClock.now().plus_secs(60) })
    }

    fn is_revoked(&self, _: &Viewer) -> bool {
        false
    }
}

/// What a use case that attaches does with the error.
#[derive(Debug)]
struct Attaching(AttachError);

impl From<AttachError> for Attaching {
    fn from(error: AttachError) -> Self {
        Self(error)
    }
}

impl From<village_db::Error> for Attaching {
    fn from(error: village_db::Error) -> Self {
        Self(AttachError::Database(error))
    }
}

impl WriteError for Attaching {
    fn database(&self) -> Option<&village_db::Error> {
        match &self.0 {
            AttachError::Database(error) => Some(error),
            _ => None,
        }
    }
}

/// The media routes and the blob routes on one address, over a fresh database.
struct Pipeline<'a> {
    fresh: &'a Fresh,
    media: Arc<Media>,
    blobs: Arc<DiskBlobs>,
    origin: String,
    folder: TempDir,
    ana: UserId,
}

impl<'a> Pipeline<'a> {
    async fn start(fresh: &'a Fresh) -> Self {
        Self::with(fresh, MediaSettings::default()).await
    }

    async fn with(fresh: &'a Fresh, settings: MediaSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let clock = fresh.clock.shared();
        let key = MasterKey::from_bytes([5; 32]).derive("blobs");
        let blobs = DiskBlobs::open(folder.path(), &origin, key, clock.clone()).unwrap();
        let (db, outbox, live) = (fresh.db.clone(), fresh.outbox.clone(), fresh.live.clone());
        let media = Media::new(db, clock, outbox, live, blobs.clone(), settings);
        let limits = Arc::new(RateLimits::new(RateLimitConfig::default()));
        let context = Identify { tokens: Arc::new(Tokens), limits, trusted_proxy_hops: 0 };
        let (router, _) = media.router().split_for_parts();
        let router = router.layer(axum::middleware::from_fn_with_state(context, identify)).merge(blobs.router());
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { fresh, media, blobs, origin, folder, ana: UserId::new(fresh.clock.now()) }
    }

    async fn call(&self, user: UserId, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        self.call_with_key(user, method, path, body, None).await
    }

    async fn call_with_key(
        &self,
        user: UserId,
        method: Method,
        path: &str,
        body: Option<Value>,
        key: Option<&str>,
    ) -> (StatusCode, Value) {
        let mut request = Client::new().request(method, format!("{}{path}", self.origin)).bearer_auth(user.to_string());
        if let Some(body) = body {
            request = request.json(&body);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    async fn begin(&self, content_type: &str, length: usize) -> Value {
        let body = json!({"content_type": content_type, "length": length, "purpose": "post"});
        let (status, created) = self.call(self.ana, Method::POST, "/media", Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{created}");
        created
    }

    async fn put(&self, created: &Value, bytes: &[u8]) -> StatusCode {
        let upload = &created["upload"];
        let headers: BTreeMap<String, String> = serde_json::from_value(upload["headers"].clone()).unwrap();
        let mut request = Client::new().put(upload["url"].as_str().unwrap()).body(bytes.to_vec());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.send().await.unwrap().status()
    }

    async fn complete(&self, id: MediaId) -> (StatusCode, Value) {
        self.call(self.ana, Method::POST, &format!("/media/{id}/complete"), None).await
    }

    async fn show(&self, id: MediaId) -> MediaView {
        let (status, body) = self.call(self.ana, Method::GET, &format!("/media/{id}"), None).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        serde_json::from_value(body).unwrap()
    }

    /// Uploads and completes; what is left is the event.
    async fn upload(&self, content_type: &str, bytes: &[u8]) -> MediaId {
        let created = self.begin(content_type, bytes.len()).await;
        assert_eq!(self.put(&created, bytes).await, StatusCode::OK);
        let id = id_of(&created);
        let (status, body) = self.complete(id).await;
        assert_eq!((status, &body["state"]), (StatusCode::ACCEPTED, &json!("processing")));
        id
    }

    async fn process(&self, id: MediaId) {
        let event = MediaUploaded { media_id: id };
        let now = self.fresh.clock.now();
        let event = CloudEvent::new(village_kernel::EventId::new(now), now, None, &event);
        ProcessMedia(self.media.clone()).handle(&event).await.unwrap();
    }

    async fn ready(&self) -> MediaId {
        let id = self.upload("image/jpeg", &jpeg(40, 30)).await;
        self.process(id).await;
        assert_eq!(self.show(id).await.state, MediaState::Ready);
        id
    }

    async fn attach(&self, owner: UserId, purpose: MediaPurpose, ids: &[MediaId]) -> Result<(), AttachError> {
        transaction!(&self.fresh.db, |tx| -> Result<(), Attaching> {
            Ok(self.media.attach(tx, owner, purpose, ids).await?)
        })
        .map_err(|Attaching(error)| error)
    }

    /// Files in the store, whatever they are.
    fn objects(&self) -> Vec<String> {
        fn walk(folder: &std::path::Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() { walk(&entry, found) } else { found.push(entry.display().to_string()) }
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path(), &mut found);
        found
    }

    /// Items, pending and bytes counted for Ana.
    async fn usage(&self) -> (i64, i64, i64) {
        let sql = "select items, pending, bytes from posts_media_usage where owner_id = $1";
        fetch_one!(&mut self.fresh.db.reader().await.unwrap(), sql, self.ana).unwrap()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let (rows,): (i64,) = fetch_one!(&mut self.fresh.db.reader().await.unwrap(), sql).unwrap();
        rows
    }

    async fn events(&self) -> Vec<MediaUploaded> {
        let rows: Vec<(String,)> =
            fetch_all!(&mut self.fresh.db.reader().await.unwrap(), "select event from bus_outbox").unwrap();
        rows.iter().map(|(json,)| serde_json::from_str::<CloudEvent>(json).unwrap().parse().unwrap()).collect()
    }
}

fn id_of(created: &Value) -> MediaId {
    created["id"].as_str().unwrap().parse().unwrap()
}

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
            ("content_type", json!("image/heic")),
            ("content_type", json!("text/html")),
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

#[tokio::test]
async fn an_event_that_comes_twice_or_at_the_same_time_makes_one_image() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let id = pipeline.upload("image/jpeg", &jpeg(40, 30)).await;
        futures::future::join_all((0..4).map(|_| pipeline.process(id))).await;
        pipeline.process(id).await;
        let url = pipeline.show(id).await.image.unwrap().sizes[0].url.clone();
        assert_eq!(reqwest::get(&url).await.unwrap().status(), StatusCode::OK);
        let (items, pending, _) = pipeline.usage().await;
        assert_eq!((items, pending), (1, 0));
        // What the others wrote is collected; the image stays.
        fresh.clock.advance(Duration::from_secs(2 * 3600));
        pipeline.media.sweep_once().await.unwrap();
        assert_eq!(pipeline.objects().len(), 1);
        assert_eq!(pipeline.count("select count(*) from posts_media_garbage").await, 0);
        let url = pipeline.show(id).await.image.unwrap().sizes[0].url.clone();
        assert_eq!(reqwest::get(&url).await.unwrap().status(), StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_process_killed_while_drawing_leaves_nothing_behind() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let id = pipeline.upload("image/jpeg", &jpeg(40, 30)).await;
        // As it stands when the process dies between writing the sizes and the transaction: the state that
        // processing leaves, with the last transaction undone.
        pipeline.process(id).await;
        transaction!(&fresh.db, |tx| -> Result<(), village_db::Error> {
            let row: (String, village_kernel::Instant) =
                fetch_one!(tx, "select folder, created_at from posts_media where media_id = $1", id)?;
            let undo = "update posts_media set state = 'processing', folder = null where media_id = $1";
            execute!(tx, undo, id)?;
            let restore = "update posts_media_usage set pending = pending + 1 where owner_id = $1";
            execute!(tx, restore, pipeline.ana)?;
            let garbage = "insert into posts_media_garbage (garbage_id, object_key, delete_after, attempts)
                           values ($1, $2, $3, 0)";
            let key = format!("{}/small.jpg", row.0);
            execute!(tx, garbage, uuid::Uuid::now_v7(), key, row.1.plus_secs(3600))?;
            let key: (String,) = fetch_one!(tx, "select upload_key from posts_media where media_id = $1", id)?;
            pipeline.blobs.write(&key.0.parse().unwrap(), "image/jpeg", jpeg(40, 30).into()).await.unwrap();
            Ok(())
        })
        .unwrap();
        pipeline.process(id).await;
        assert_eq!(pipeline.objects().len(), 2);
        fresh.clock.advance(Duration::from_secs(3 * 3600));
        pipeline.media.sweep_once().await.unwrap();
        assert_eq!(pipeline.objects().len(), 1);
        assert_eq!(pipeline.show(id).await.state, MediaState::Ready);
    })
    .await;
}

#[tokio::test]
async fn a_used_upload_url_cannot_bring_the_upload_back_for_good() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let photo = jpeg(40, 30);
        let created = pipeline.begin("image/jpeg", photo.len()).await;
        assert_eq!(pipeline.put(&created, &photo).await, StatusCode::OK);
        assert_eq!(pipeline.put(&created, &photo).await, StatusCode::PRECONDITION_FAILED);
        pipeline.complete(id_of(&created)).await;
        pipeline.process(id_of(&created)).await;
        assert_eq!(pipeline.objects().len(), 1);
        assert_eq!(pipeline.put(&created, &photo).await, StatusCode::OK);
        fresh.clock.advance(Duration::from_secs(2 * 3600));
        assert_eq!(pipeline.put(&created, &photo).await, StatusCode::FORBIDDEN);
        pipeline.media.sweep_once().await.unwrap();
        assert_eq!(pipeline.objects().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_rejected_file_says_why_and_is_deleted() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let whole = png(20, 20);
        for (content_type, bytes, reason) in [
            ("image/jpeg", b"<html>not an image</html>".to_vec(), Reason::NotAnImage),
            ("image/jpeg", whole.clone(), Reason::TypeMismatch),
            ("image/png", png_that_claims(30_000, 30_000), Reason::TooManyPixels),
            ("image/png", whole[..whole.len() / 2].to_vec(), Reason::Corrupt),
        ] {
            let id = pipeline.upload(content_type, &bytes).await;
            pipeline.process(id).await;
            let view = pipeline.show(id).await;
            assert_eq!((view.state, view.reason, view.image), (MediaState::Rejected, Some(reason), None));
            assert!(pipeline.objects().is_empty());
            assert!(pipeline.media.images(&[id]).await.unwrap().is_empty());
            let attached = pipeline.attach(pipeline.ana, MediaPurpose::Post, &[id]).await;
            assert!(matches!(attached, Err(AttachError::NotReady)));
        }
        let (_, pending, bytes) = pipeline.usage().await;
        assert_eq!((pending, bytes), (0, 0));
        // An object that is longer than any upload may be, and one that is gone.
        let created = pipeline.begin("image/png", 5).await;
        assert_eq!(pipeline.put(&created, b"12345").await, StatusCode::OK);
        pipeline.complete(id_of(&created)).await;
        let sql = "select upload_key from posts_media where media_id = $1";
        let (key,): (String,) = fetch_one!(&mut fresh.db.reader().await.unwrap(), sql, id_of(&created)).unwrap();
        pipeline.blobs.write(&key.parse().unwrap(), "image/png", vec![0; (20 << 20) + 1].into()).await.unwrap();
        pipeline.process(id_of(&created)).await;
        assert_eq!(pipeline.show(id_of(&created)).await.reason, Some(Reason::TooLarge));
    })
    .await;
}

#[tokio::test]
async fn only_ones_own_ready_images_are_attached_all_or_none() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let (one, two) = (pipeline.ready().await, pipeline.ready().await);
        let pending = id_of(&pipeline.begin("image/png", 5).await);
        let bo = UserId::new(fresh.clock.now());
        let unknown = MediaId::new(fresh.clock.now());
        let post = MediaPurpose::Post;
        for (owner, purpose, ids) in [
            (bo, post, vec![one]),
            (pipeline.ana, MediaPurpose::Avatar, vec![one]),
            (pipeline.ana, post, vec![one, unknown]),
            (pipeline.ana, post, vec![unknown, pending]),
        ] {
            let outcome = pipeline.attach(owner, purpose, &ids).await;
            assert!(matches!(outcome, Err(AttachError::NotFound)), "{outcome:?}");
        }
        let outcome = pipeline.attach(pipeline.ana, post, &[one, pending, two]).await;
        assert!(matches!(outcome, Err(AttachError::NotReady)), "{outcome:?}");
        let sql = "select count(*) from posts_media where attached = $1";
        let (attached,): (i64,) = fetch_one!(&mut fresh.db.reader().await.unwrap(), sql, true).unwrap();
        assert_eq!(attached, 0);
        pipeline.attach(pipeline.ana, post, &[]).await.unwrap();
        pipeline.attach(pipeline.ana, post, &[two, one, two]).await.unwrap();
        // An image is of one post only.
        let again = pipeline.attach(pipeline.ana, post, &[one]).await;
        assert!(matches!(again, Err(AttachError::NotFound)), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn of_posts_that_want_the_same_image_at_once_one_gets_it() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let (one, two) = (pipeline.ready().await, pipeline.ready().await);
        let orders = [[one, two], [two, one], [one, two], [two, one]];
        let outcomes =
            futures::future::join_all(orders.iter().map(|ids| pipeline.attach(pipeline.ana, MediaPurpose::Post, ids)))
                .await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    })
    .await;
}

#[tokio::test]
async fn what_nobody_uses_is_swept_after_a_day_and_what_is_used_stays() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let (used, unused) = (pipeline.ready().await, pipeline.ready().await);
        let rejected = pipeline.upload("image/jpeg", b"nonsense").await;
        pipeline.process(rejected).await;
        let uploaded = pipeline.begin("image/png", 5).await;
        assert_eq!(pipeline.put(&uploaded, b"12345").await, StatusCode::OK);
        pipeline.attach(pipeline.ana, MediaPurpose::Post, &[used]).await.unwrap();
        fresh.clock.advance(Duration::from_secs(23 * 3600));
        let swept = pipeline.media.sweep_once().await.unwrap();
        assert_eq!(swept.images, 0);
        assert_eq!(pipeline.media.images(&[used, unused]).await.unwrap().len(), 2);
        fresh.clock.advance(Duration::from_secs(2 * 3600));
        let swept = pipeline.media.sweep_once().await.unwrap();
        assert_eq!(swept.images, 3);
        assert_eq!(pipeline.objects().len(), 1);
        assert_eq!(pipeline.count("select count(*) from posts_media_garbage").await, 0);
        assert_eq!(pipeline.count("select count(*) from posts_media").await, 1);
        let (items, pending, bytes) = pipeline.usage().await;
        assert_eq!((items, pending), (1, 0));
        assert!(bytes > 0);
        assert_eq!(pipeline.media.sweep_once().await.unwrap(), Default::default());
        // Used ones go when what they belong to is deleted.
        transaction!(&fresh.db, |tx| -> Result<(), village_db::Error> {
            pipeline.media.release(tx, &[used, unused]).await
        })
        .unwrap();
        pipeline.media.sweep_once().await.unwrap();
        assert!(pipeline.objects().is_empty());
        assert_eq!(pipeline.usage().await, (0, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn everybody_gets_the_same_url_for_a_quarter_of_an_hour_and_has_as_long_again_to_use_it() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let id = pipeline.ready().await;
        let mut urls = Vec::new();
        for _ in 0..60 {
            let image = pipeline.media.images(&[id]).await.unwrap().remove(&id).unwrap();
            let left = image.expires_at.since(fresh.clock.now());
            assert!(left > Duration::from_secs(15 * 60) && left <= Duration::from_secs(30 * 60), "{left:?}");
            assert_eq!(image.expires_at, expiry(id, fresh.clock.now()));
            urls.push(image.sizes[0].url.clone());
            fresh.clock.advance(Duration::from_secs(60));
        }
        urls.dedup();
        assert!((4..=5).contains(&urls.len()), "{} in an hour", urls.len());
        // Not all images change their URLs together.
        let mut moments: Vec<i64> =
            (0..20).map(|_| expiry(MediaId::new(fresh.clock.now()), fresh.clock.now()).as_micros()).collect();
        moments.sort_unstable();
        moments.dedup();
        assert!(moments.len() > 10);
    })
    .await;
}

#[tokio::test]
async fn an_image_that_goes_is_gone_from_the_cache_too() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let id = pipeline.ready().await;
        pipeline.attach(pipeline.ana, MediaPurpose::Post, &[id]).await.unwrap();
        assert_eq!(pipeline.media.images(&[id, id]).await.unwrap().len(), 1);
        transaction!(&fresh.db, |tx| -> Result<(), village_db::Error> { pipeline.media.release(tx, &[id]).await })
            .unwrap();
        let gone = async {
            while !pipeline.media.images(&[id]).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), gone).await.expect("the hint arrives");
    })
    .await;
}

#[test]
fn the_request_type_is_named_as_in_the_api() {
    let body: NewMedia =
        serde_json::from_value(json!({"content_type": "image/webp", "length": 1, "purpose": "avatar"})).unwrap();
    assert_eq!(body.content_type.as_str(), "image/webp");
}
