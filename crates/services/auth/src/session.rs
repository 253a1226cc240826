//! A login on one device, and how its tokens are handed over.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use village_db::Tx;
use village_http::Json;
use village_kernel::{Instant, SessionId, UserId, Viewer};

use crate::me::Me;
use crate::refresh_token::RefreshToken;
use crate::store::accounts::Account;
use crate::store::sessions::SessionRow;
use crate::store::{revocations, sessions};
use crate::{Auth, AuthError};

/// What browsers keep the refresh token in, out of reach of scripts.
pub(crate) const COOKIE: &str = "village_refresh";

/// Live sessions of one person. When there are more, those not used for longest end.
const MOST_SESSIONS: i64 = 50;

const USER_AGENT_CHARS: usize = 200;

/// How the refresh token travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefreshBy {
    /// In the JSON: for apps that have a safe place to keep it.
    #[default]
    Body,
    /// In the HttpOnly cookie `village_refresh`: for browsers.
    Cookie,
}

/// A fresh pair of tokens.
#[derive(Serialize, ToSchema)]
pub struct Session {
    /// Send it as `Authorization: Bearer …`.
    #[schema(example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IjAxOTM2ZjdhIn0.eyJzdWIiOiIwMTkzIn0.c2ln")]
    pub access_token: String,
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds for which the access token is good.
    #[schema(example = 600)]
    pub expires_in: u64,
    /// Good for one refresh; absent when the cookie carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "AQGTb3pcHns6nUIMj2seKncAAAAAAAAAAXN0aWxsIG5vdCBhIHJlYWwgdG9rZW4gYXQgYWxsLCBzb3JyeQ")]
    pub refresh_token: Option<String>,
    pub me: Me,
}

/// One of the devices a person is logged in on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SessionInfo {
    pub id: SessionId,
    /// Whether it is the one that asks.
    #[schema(example = true)]
    pub current: bool,
    #[schema(example = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)")]
    pub user_agent: String,
    pub created_at: Instant,
    pub last_used_at: Instant,
}

/// [`Session`] as an answer, with the cookie when the token travels in it.
pub(crate) struct SessionAnswer {
    status: StatusCode,
    session: Session,
    cookie: Option<Cookie<'static>>,
}

impl IntoResponse for SessionAnswer {
    fn into_response(self) -> Response {
        let jar = self.cookie.into_iter().fold(CookieJar::new(), CookieJar::add);
        // Tokens must not be kept by anything in between (RFC 6749 §5.1).
        (self.status, jar, [(header::CACHE_CONTROL, "no-store")], Json(self.session)).into_response()
    }
}

impl Auth {
    /// Writes a new session. The account's row must be locked by `tx`, so that a suspension or a change of password
    /// at the same time ends this session too.
    pub(crate) async fn open_session(
        &self,
        tx: &mut Tx,
        user: UserId,
        user_agent: &str,
        now: Instant,
    ) -> Result<RefreshToken, AuthError> {
        let row = SessionRow {
            session_id: SessionId::new(now),
            user_id: user,
            generation: 1,
            rotated_at: now,
            created_at: now,
            last_used_at: now,
            expires_at: now.plus(self.settings.session_idle),
            revoked_at: None,
            user_agent: user_agent.to_owned(),
        };
        sessions::insert(tx, &row).await?;
        let surplus = sessions::revoke_surplus(tx, user, MOST_SESSIONS, now).await?;
        self.write_revocations(tx, surplus, now).await?;
        Ok(RefreshToken { session: row.session_id, generation: row.generation })
    }

    /// Makes every node refuse the access tokens of sessions that `tx` has marked revoked.
    pub(crate) async fn write_revocations(
        &self,
        tx: &mut Tx,
        sessions: Vec<SessionId>,
        now: Instant,
    ) -> Result<(), AuthError> {
        revocations::insert_sessions(tx, &sessions, now, self.revocation_expiry()).await?;
        self.announce_revoked(tx, sessions);
        Ok(())
    }

    /// The tokens for a session that has been written.
    pub(crate) async fn session_answer(
        &self,
        status: StatusCode,
        account: &Account,
        token: RefreshToken,
        by: RefreshBy,
    ) -> Result<SessionAnswer, AuthError> {
        let viewer = Viewer { user: account.user_id, session: token.session, role: account.role };
        let access_token = self.signing_keys.sign(&viewer).await?;
        let me = self.me_of(&viewer, account).await?;
        let text = token.encode(&self.refresh_key);
        let (refresh_token, cookie) = match by {
            RefreshBy::Body => (Some(text), None),
            RefreshBy::Cookie => (None, Some(self.refresh_cookie(text, self.settings.session_idle))),
        };
        let expires_in = self.settings.access_token_ttl.as_secs();
        let session = Session { access_token, token_type: "Bearer", expires_in, refresh_token, me };
        Ok(SessionAnswer { status, session, cookie })
    }

    /// Makes the browser forget the refresh token.
    pub(crate) fn forget_cookie(&self) -> Cookie<'static> {
        self.refresh_cookie(String::new(), Duration::ZERO)
    }

    fn refresh_cookie(&self, value: String, max_age: Duration) -> Cookie<'static> {
        let mut cookie = Cookie::new(COOKIE, value);
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Strict);
        cookie.set_secure(self.settings.secure_cookies);
        cookie.set_path("/auth");
        if let Ok(max_age) = max_age.try_into() {
            cookie.set_max_age(Some(max_age));
        }
        cookie
    }

    /// The refresh token that a request brings, in the body or else in the cookie, and which of them it was.
    pub(crate) fn presented(&self, body: Option<&str>, jar: &CookieJar) -> (Option<RefreshToken>, RefreshBy) {
        let (text, by) = match body {
            Some(text) => (Some(text), RefreshBy::Body),
            None => (jar.get(COOKIE).map(Cookie::value), RefreshBy::Cookie),
        };
        (text.and_then(|text| RefreshToken::decode(text, &self.refresh_key)), by)
    }
}

/// What the device calls itself: shown to its owner in the list of sessions.
pub(crate) fn user_agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    text.unwrap_or_default().chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS).collect()
}
