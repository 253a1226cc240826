//! A login on one device, and how its tokens are handed over.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use village_db::Tx;
use village_http::Json;
use village_kernel::{Instant, SessionId, UserId, Viewer};

use crate::cookies::SetCookies;
use crate::me::Me;
use crate::refresh_token::RefreshToken;
use crate::store::accounts::Account;
use crate::store::sessions::SessionRow;
use crate::store::{revocations, sessions};
use crate::visit::Visit;
use crate::{Auth, AuthError};

/// Characters that are read of a token in a body: longer than any token of ours.
const MAX_TOKEN: usize = 128;

pub(crate) fn short_token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let token = Option::<String>::deserialize(deserializer)?;
    match token.as_ref().is_some_and(|token| token.chars().count() > MAX_TOKEN) {
        true => Err(D::Error::custom(format_args!("is longer than {MAX_TOKEN} characters"))),
        false => Ok(token),
    }
}

/// Live sessions of one person. When there are more, those not used for longest end.
const MOST_SESSIONS: i64 = 50;

/// How the refresh token travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefreshBy {
    /// In the JSON: for apps that have a safe place to keep it.
    #[default]
    Body,
    /// In the HttpOnly cookie `__Secure-village_refresh` (`village_refresh` without https): for browsers.
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
    /// After a log-in, for apps: send it with the next log-in on this device, also after a log-out. It gives no access;
    /// others' wrong passwords then cannot keep the person out. Absent when the cookie carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "AQGTb3pcHns6nUIMj2seKncAAAAAAAAAAQAGQ2V4YW1wbGVzIGFyZSBub3Qga25vd24gZGV2aWNlcyBhdCBhbGwsIHNvcnJ5IQ"
    )]
    pub device_token: Option<String>,
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
    cookies: SetCookies,
}

impl IntoResponse for SessionAnswer {
    fn into_response(self) -> Response {
        // Tokens must not be kept by anything in between (RFC 6749 §5.1).
        (self.status, self.cookies, [(header::CACHE_CONTROL, "no-store")], Json(self.session)).into_response()
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

    /// The tokens for a session that has been written. `Opened` says what the person proved it with.
    pub(crate) async fn session_answer(
        &self,
        opened: Opened,
        account: &Account,
        token: RefreshToken,
        by: RefreshBy,
        visit: &Visit,
    ) -> Result<SessionAnswer, AuthError> {
        let viewer = Viewer { user: account.user_id, session: token.session, role: account.role };
        let access_token = self.signing_keys.sign(&viewer).await?;
        let me = self.me_of(&viewer, account).await?;
        let text = token.encode(&self.refresh_key);
        let (user, version) = (account.user_id, account.version);
        self.note_place(visit, user, version);
        // A browser whose session is older than the cookie for devices gets one with its next refresh.
        let made_known =
            opened != Opened::Token || (by == RefreshBy::Cookie && !self.is_known_device(visit, user, version));
        let device = made_known.then(|| self.known_device(visit, user, version));
        let (refresh_token, device_token, cookies) = match by {
            RefreshBy::Body => (Some(text), device.map(|(token, _)| token), Vec::new()),
            RefreshBy::Cookie => {
                let mut cookies = self.refresh_cookies(visit, text);
                cookies.extend(device.into_iter().flat_map(|(_, cookies)| cookies));
                (None, None, cookies)
            }
        };
        let expires_in = self.settings.access_token_ttl.as_secs();
        let session = Session { access_token, token_type: "Bearer", expires_in, refresh_token, device_token, me };
        let status = if opened == Opened::SignUp { StatusCode::CREATED } else { StatusCode::OK };
        Ok(SessionAnswer { status, session, cookies: SetCookies(cookies) })
    }
}

/// What a session is handed out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    SignUp,
    Password,
    /// By a refresh token: the session goes on.
    Token,
}
