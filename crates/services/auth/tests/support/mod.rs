//! One auth service on a fresh database, spoken to through its router.

#![allow(dead_code)]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt;
use village_auth::{Auth, AuthDeps, AuthSettings, PasswordHashing, RegistrationMode, ThrottleSettings, Verifier};
use village_db::{Db, IdList, Tx, execute, fetch_all, fetch_one};
use village_http::{Identify, RateLimitConfig, RateLimits, identify};
use village_kernel::secret::MasterKey;
use village_kernel::{UserId, Viewer};
use village_ports::{NewProfile, ProfileError, Profiles, UserSummary};
use village_testkit::Fresh;

pub const PASSWORD: &str = "three small yellow boots";

/// A double of users' port: keeps handles unique in users' table, and judges nothing.
pub struct ProfilesDouble(pub Db);

#[async_trait]
impl Profiles for ProfilesDouble {
    async fn create(&self, tx: &mut Tx, profile: NewProfile) -> Result<(), ProfileError> {
        if profile.handle.is_empty() {
            return Err(ProfileError::Invalid { field: "handle", message: "is empty".to_owned() });
        }
        let sql = "insert into users_profiles
                       (user_id, handle, display_name, search_text, bio, version, created_at)
                   values ($1, $2, $3, '', '', 1, $4)
                   on conflict (handle) do nothing";
        match execute!(tx, sql, profile.user, &profile.handle, &profile.display_name, profile.created_at)? {
            0 => Err(ProfileError::HandleTaken),
            _ => Ok(()),
        }
    }

    async fn summaries(&self, _: &Viewer, ids: &[UserId]) -> village_db::Result<HashMap<UserId, UserSummary>> {
        let mut reader = self.0.reader().await?;
        let sql = village_db::Connection::any_of(
            &mut reader,
            "select user_id, handle, display_name from users_profiles where user_id = any_of($1)",
        );
        let list: IdList = ids.iter().copied().collect();
        let rows: Vec<(UserId, String, String)> = fetch_all!(&mut reader, sql, &list)?;
        let summary = |(id, handle, display_name)| (id, UserSummary { id, handle, display_name, avatar: None });
        Ok(rows.into_iter().map(summary).collect())
    }
}

/// One process that runs the auth role.
#[derive(Clone)]
pub struct Process {
    pub auth: Arc<Auth>,
    pub verifier: Arc<Verifier>,
    pub router: Router,
    pub ip: IpAddr,
}

pub fn settings() -> AuthSettings {
    let mut settings = AuthSettings::new("https://village.example.org/", "Little Lions");
    settings.registration = RegistrationMode::Open;
    settings.password_hashing = PasswordHashing::cheap();
    settings.throttles = ThrottleSettings::off();
    settings.key_lookup_pause = Duration::ZERO;
    settings
}

pub fn process(fresh: &Fresh) -> Process {
    process_with(fresh, settings(), 1)
}

pub fn process_with(fresh: &Fresh, settings: AuthSettings, master_key: u8) -> Process {
    let verifier = Verifier::new(fresh.db.clone(), fresh.clock.shared(), fresh.live.clone(), &settings);
    let auth = Auth::new(AuthDeps {
        db: fresh.db.clone(),
        clock: fresh.clock.shared(),
        live: fresh.live.clone(),
        profiles: Arc::new(ProfilesDouble(fresh.db.clone())),
        traces: Arc::new(NothingLeft),
        verifier: verifier.clone(),
        master_key: &MasterKey::from_bytes([master_key; 32]),
        settings,
    });
    let identity = Identify {
        tokens: verifier.clone(),
        limits: Arc::new(RateLimits::new(RateLimitConfig::default())),
        trusted_proxy_hops: 1,
    };
    let (router, _) = auth.router().split_for_parts();
    let router = router.layer(from_fn_with_state(identity, identify));
    Process { auth, verifier, router, ip: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)) }
}

/// People who liked and wrote nothing.
struct NothingLeft;

#[async_trait::async_trait]
impl village_ports::SuspendedTraces for NothingLeft {
    async fn suspended(&self, _: &mut village_db::Tx, _: UserId) -> village_db::Result<()> {
        Ok(())
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
    pub headers: http::HeaderMap,
}

impl Answer {
    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("{field} in {} {}", self.status, self.body)).to_owned()
    }

    /// The status and the problem's code.
    pub fn problem(&self) -> (u16, String) {
        (self.status.as_u16(), self.text("code"))
    }

    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    pub fn cookies(&self) -> Vec<String> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    /// The one that sets the cookie of this name.
    pub fn cookie(&self, name: &str) -> String {
        let found = self.cookies().into_iter().find(|cookie| cookie.split('=').next() == Some(name));
        found.unwrap_or_else(|| panic!("no {name} among {:?}", self.cookies()))
    }
}

impl Process {
    pub fn from(&self, ip: &str) -> Self {
        Self { ip: ip.parse().unwrap(), ..self.clone() }
    }

    pub async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("x-forwarded-for", self.ip.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(json) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(json.to_string())
            }
            None => Body::empty(),
        };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status, body, headers: parts.headers }
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    pub async fn post_as(&self, token: &str, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, &[("authorization", &format!("Bearer {token}"))], Some(body)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], None).await
    }

    pub async fn get_as(&self, token: &str, path: &str) -> Answer {
        self.call(Method::GET, path, &[("authorization", &format!("Bearer {token}"))], None).await
    }

    pub async fn sign_up(&self, handle: &str) -> Answer {
        self.post("/auth/signup", new_account(handle)).await.expect(201)
    }

    pub async fn log_in(&self, handle: &str, password: &str) -> Answer {
        self.post("/auth/login", json!({ "email": email(handle), "password": password })).await
    }

    pub async fn refresh(&self, token: &str) -> Answer {
        self.post("/auth/refresh", json!({ "refresh_token": token })).await
    }
}

pub fn email(handle: &str) -> String {
    format!("{handle}@example.org")
}

pub fn new_account(handle: &str) -> Value {
    json!({ "email": email(handle), "password": PASSWORD, "handle": handle, "display_name": handle })
}

pub fn user_of(answer: &Answer) -> UserId {
    answer.body["me"]["id"].as_str().unwrap().parse().unwrap()
}

pub async fn count(db: &Db, sql: &'static str) -> i64 {
    let mut reader = db.reader().await.unwrap();
    let (rows,): (i64,) = fetch_one!(&mut reader, sql).unwrap();
    rows
}
