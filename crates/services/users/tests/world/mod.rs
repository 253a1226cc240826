//! A community in a fresh database. `Album` is a double of posts' images, `Names` one of auth's tokens.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::{Router, middleware};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use village_db::{Tx, execute, fetch_all, fetch_one, transaction};
use village_http::{Identify, RateLimitConfig, RateLimits, identify};
use village_kernel::{Clock, Instant, MediaId, Role, SessionId, UserId, Viewer};
use village_ports::{
    AccessTokens, AttachError, Image, MediaAccess, MediaPurpose, NewProfile, ProfileError, Profiles, TokenError,
    VerifiedToken,
};
use village_testkit::Fresh;
use village_users::{Users, UsersConfig, UsersError};

/// A double: images that exist because a test says so.
#[derive(Default)]
pub struct Album {
    pub usable: Mutex<HashSet<(UserId, MediaId)>>,
    pub released: Mutex<Vec<MediaId>>,
}

#[async_trait]
impl MediaAccess for Album {
    async fn images(&self, ids: &[MediaId]) -> village_db::Result<HashMap<MediaId, Image>> {
        let image = |media_id: MediaId| Image {
            media_id,
            width: 320,
            height: 320,
            blurhash: String::new(),
            alt: String::new(),
            sizes: Vec::new(),
            expires_at: Instant::from_micros(0),
        };
        Ok(ids.iter().map(|id| (*id, image(*id))).collect())
    }

    async fn attach(
        &self,
        _: &mut Tx,
        owner: UserId,
        purpose: MediaPurpose,
        media: &[MediaId],
    ) -> Result<(), AttachError> {
        let usable = self.usable.lock().unwrap();
        let all = purpose == MediaPurpose::Avatar && media.iter().all(|id| usable.contains(&(owner, *id)));
        if all { Ok(()) } else { Err(AttachError::NotFound) }
    }

    async fn release(&self, _: &mut Tx, media: &[MediaId]) -> village_db::Result<()> {
        self.released.lock().unwrap().extend(media);
        Ok(())
    }
}

pub struct World<'a> {
    pub fresh: &'a Fresh,
    pub users: Arc<Users>,
    pub album: Arc<Album>,
    router: Router,
}

impl<'a> World<'a> {
    pub fn new(fresh: &'a Fresh) -> Self {
        let album = Arc::new(Album::default());
        let (db, clock, outbox) = (fresh.db.clone(), fresh.clock.shared(), fresh.outbox.clone());
        let users = Users::new(db, clock, outbox, fresh.live.clone(), album.clone(), UsersConfig::default());
        let context = Identify {
            tokens: Arc::new(Names),
            limits: Arc::new(RateLimits::new(RateLimitConfig::default())),
            trusted_proxy_hops: 0,
        };
        let (router, _) = users.router().split_for_parts();
        let router = router.layer(middleware::from_fn_with_state(context, identify));
        Self { fresh, users, album, router }
    }

    pub async fn try_sign_up(&self, handle: &str, display_name: &str) -> Result<Viewer, ProfileError> {
        let now = self.fresh.clock.now();
        let user = UserId::new(now);
        let (handle, display_name) = (handle.to_owned(), display_name.to_owned());
        let outcome = transaction!(&self.fresh.db, |tx| -> Result<(), WrappedProfileError> {
            let profile =
                NewProfile { user, handle: handle.clone(), display_name: display_name.clone(), created_at: now };
            Ok(self.users.create(tx, profile).await?)
        });
        outcome.map(|()| viewer(user)).map_err(|error| error.0)
    }

    pub async fn person(&self, handle: &str) -> Viewer {
        self.try_sign_up(handle, &format!("{} Test", handle.to_uppercase())).await.unwrap()
    }

    pub async fn suspend(&self, person: &Viewer) {
        transaction!(&self.fresh.db, |tx| -> Result<u64, village_db::Error> {
            let email = format!("{}@example.org", person.user);
            let sql = "insert into auth_accounts
                           (user_id, email, email_folded, password_hash, role, status, created_at, last_login_at)
                       values ($1, $2, $2, '', 'member', 'suspended', $3, $3)";
            execute!(tx, sql, person.user, email, self.fresh.clock.now())
        })
        .unwrap();
    }

    /// Counts equal rows, both directions hold the same follows, and no follow stands across a block.
    pub async fn assert_consistent(&self) {
        let mut reader = self.fresh.db.reader().await.unwrap();
        let counts: Vec<(UserId, i64, i64)> =
            fetch_all!(&mut reader, "select user_id, followers, following from users_counts").unwrap();
        let follows: Vec<(UserId, UserId)> =
            fetch_all!(&mut reader, "select follower_id, followee_id from users_follows_v").unwrap();
        let mirrored: Vec<(UserId, UserId)> =
            fetch_all!(&mut reader, "select follower_id, followee_id from users_following_v").unwrap();
        let blocks: Vec<(UserId, UserId)> =
            fetch_all!(&mut reader, "select blocker_id, blocked_id from users_blocks_v").unwrap();
        for (user, followers, following) in counts {
            assert_eq!(followers as usize, follows.iter().filter(|(_, followee)| *followee == user).count());
            assert_eq!(following as usize, follows.iter().filter(|(follower, _)| *follower == user).count());
        }
        let follows: HashSet<_> = follows.into_iter().collect();
        assert_eq!(follows, mirrored.into_iter().collect());
        for (one, other) in blocks {
            assert!(!follows.contains(&(one, other)) && !follows.contains(&(other, one)));
        }
    }

    /// One request as `caller`; the answer's JSON, null when it has none.
    pub async fn call(&self, caller: &Viewer, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", caller.user));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or(Body::empty(), |json| Body::from(json.to_string()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn get(&self, caller: &Viewer, path: &str) -> (StatusCode, Value) {
        self.call(caller, Method::GET, path, None).await
    }

    /// The handles on a page.
    pub async fn handles(&self, caller: &Viewer, path: &str) -> Vec<String> {
        let (status, page) = self.get(caller, path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {page}");
        let handle = |person: &Value| person["handle"].as_str().unwrap().to_owned();
        page["items"].as_array().unwrap().iter().map(handle).collect()
    }

    /// How many events of this type wait in the outbox.
    pub async fn published(&self, event_type: &str) -> i64 {
        let mut reader = self.fresh.db.reader().await.unwrap();
        let pattern = format!("%\"type\":\"{event_type}\"%");
        let (events,): (i64,) =
            fetch_one!(&mut reader, "select count(*) from bus_outbox where event like $1", pattern).unwrap();
        events
    }
}

/// `transaction!` wants an error that knows whether the database caused it.
#[derive(Debug)]
pub struct WrappedProfileError(ProfileError);

impl From<ProfileError> for WrappedProfileError {
    fn from(error: ProfileError) -> Self {
        Self(error)
    }
}

impl From<village_db::Error> for WrappedProfileError {
    fn from(error: village_db::Error) -> Self {
        Self(error.into())
    }
}

impl village_db::WriteError for WrappedProfileError {
    fn database(&self) -> Option<&village_db::Error> {
        match &self.0 {
            ProfileError::Database(error) => Some(error),
            _ => None,
        }
    }
}

pub fn viewer(user: UserId) -> Viewer {
    Viewer { user, session: SessionId(user.0), role: Role::Member }
}

pub fn not_found<T>(outcome: Result<T, UsersError>) -> bool {
    matches!(outcome, Err(UsersError::NotFound))
}

/// A double: the token is the person's id.
struct Names;

#[async_trait]
impl AccessTokens for Names {
    async fn verify(&self, token: &str) -> Result<VerifiedToken, TokenError> {
        let user = token.parse().map_err(|_| TokenError::Invalid)?;
        Ok(VerifiedToken { viewer: viewer(user), expires_at: Instant::from_micros(i64::MAX) })
    }

    fn is_revoked(&self, _: &Viewer) -> bool {
        false
    }
}
