//! What the tests ask of the media routes.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use village_blob::DiskBlobs;
use village_bus::Subscriber;
use village_db::{WriteError, fetch_all, fetch_one, transaction};
use village_events::{CloudEvent, MediaUploaded};
use village_http::{Identify, RateLimitConfig, RateLimits, identify};
use village_kernel::secret::MasterKey;
use village_kernel::{Clock, MediaId, Role, SessionId, UserId, Viewer};
use village_ports::{AccessTokens, AttachError, MediaAccess, MediaPurpose, TokenError, VerifiedToken};
use village_posts::media::{Media, MediaSettings, MediaState, MediaView, ProcessMedia};
use village_testkit::Fresh;
use village_testkit::pictures::jpeg;

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
pub struct Pipeline<'a> {
    pub fresh: &'a Fresh,
    pub media: Arc<Media>,
    pub blobs: Arc<DiskBlobs>,
    pub origin: String,
    pub folder: TempDir,
    pub ana: UserId,
}

impl<'a> Pipeline<'a> {
    pub async fn start(fresh: &'a Fresh) -> Self {
        Self::with(fresh, MediaSettings::default()).await
    }

    pub async fn with(fresh: &'a Fresh, settings: MediaSettings) -> Self {
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

    pub async fn call(&self, user: UserId, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        self.call_with_key(user, method, path, body, None).await
    }

    pub async fn call_with_key(
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

    pub async fn begin(&self, content_type: &str, length: usize) -> Value {
        let body = json!({"content_type": content_type, "length": length, "purpose": "post"});
        let (status, created) = self.call(self.ana, Method::POST, "/media", Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{created}");
        created
    }

    pub async fn put(&self, created: &Value, bytes: &[u8]) -> StatusCode {
        self.put_for(created, bytes).await.status()
    }

    pub async fn put_for(&self, created: &Value, bytes: &[u8]) -> reqwest::Response {
        let upload = &created["upload"];
        let headers: BTreeMap<String, String> = serde_json::from_value(upload["headers"].clone()).unwrap();
        let mut request = Client::new().put(upload["url"].as_str().unwrap()).body(bytes.to_vec());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.send().await.unwrap()
    }

    pub async fn complete(&self, id: MediaId) -> (StatusCode, Value) {
        self.call(self.ana, Method::POST, &format!("/media/{id}/complete"), None).await
    }

    pub async fn show(&self, id: MediaId) -> MediaView {
        let (status, body) = self.call(self.ana, Method::GET, &format!("/media/{id}"), None).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        serde_json::from_value(body).unwrap()
    }

    /// Uploads and completes; what is left is the event.
    pub async fn upload(&self, content_type: &str, bytes: &[u8]) -> MediaId {
        let created = self.begin(content_type, bytes.len()).await;
        assert_eq!(self.put(&created, bytes).await, StatusCode::OK);
        let id = id_of(&created);
        let (status, body) = self.complete(id).await;
        assert_eq!((status, &body["state"]), (StatusCode::ACCEPTED, &json!("processing")));
        id
    }

    pub async fn process(&self, id: MediaId) {
        let event = MediaUploaded { media_id: id };
        let now = self.fresh.clock.now();
        let event = CloudEvent::new(village_kernel::EventId::new(now), now, None, &event);
        ProcessMedia(self.media.clone()).handle(&event).await.unwrap();
    }

    pub async fn ready(&self) -> MediaId {
        let id = self.upload("image/jpeg", &jpeg(40, 30)).await;
        self.process(id).await;
        assert_eq!(self.show(id).await.state, MediaState::Ready);
        id
    }

    pub async fn attach(&self, owner: UserId, purpose: MediaPurpose, ids: &[MediaId]) -> Result<(), AttachError> {
        transaction!(&self.fresh.db, |tx| -> Result<(), Attaching> {
            Ok(self.media.attach(tx, owner, purpose, ids).await?)
        })
        .map_err(|Attaching(error)| error)
    }

    /// Files in the store that hold something.
    pub fn objects(&self) -> Vec<String> {
        self.files().into_iter().filter(|(_, bytes)| *bytes > 0).map(|(name, _)| name).collect()
    }

    /// Files in the store, whatever they are: names and lengths.
    pub fn files(&self) -> Vec<(String, u64)> {
        fn walk(folder: &std::path::Path, found: &mut Vec<(String, u64)>) {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    walk(&entry, found);
                } else {
                    found.push((entry.display().to_string(), entry.metadata().unwrap().len()));
                }
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path(), &mut found);
        found
    }

    /// Items, pending and bytes counted for Ana.
    pub async fn usage(&self) -> (i64, i64, i64) {
        let sql = "select items, pending, bytes from posts_media_usage where owner_id = $1";
        fetch_one!(&mut self.fresh.db.reader().await.unwrap(), sql, self.ana).unwrap()
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        let (rows,): (i64,) = fetch_one!(&mut self.fresh.db.reader().await.unwrap(), sql).unwrap();
        rows
    }

    pub async fn events(&self) -> Vec<MediaUploaded> {
        let rows: Vec<(String,)> =
            fetch_all!(&mut self.fresh.db.reader().await.unwrap(), "select event from bus_outbox").unwrap();
        rows.iter().map(|(json,)| serde_json::from_str::<CloudEvent>(json).unwrap().parse().unwrap()).collect()
    }
}

pub fn id_of(created: &Value) -> MediaId {
    created["id"].as_str().unwrap().parse().unwrap()
}
