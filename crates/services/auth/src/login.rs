//! `POST /auth/login`

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use village_db::transaction;
use village_http::{Json, Problem, SecurityEvent};
use village_kernel::UserId;

use crate::email::Email;
use crate::refresh_token::RefreshToken;
use crate::secret_text::TypedPassword;
use crate::session::{Opened, SessionAnswer, short_token};
use crate::store::accounts::{self, Account, Status};
use crate::visit::Visit;
use crate::{Auth, AuthError, RefreshBy, Session};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    #[schema(max_length = 254, example = "ana@example.org")]
    pub email: String,
    #[schema(max_length = 128, example = "three small yellow boots")]
    pub password: String,
    /// How the refresh token is handed over; `body` when absent.
    #[serde(default)]
    pub refresh: RefreshBy,
    /// From the last log-in on this device, for apps; browsers have a cookie.
    #[schema(
        max_length = 128,
        example = "AQGTb3pcHns6nUIMj2seKncAAAAAAAAAAQAGQ2V4YW1wbGVzIGFyZSBub3Qga25vd24gZGV2aWNlcyBhdCBhbGwsIHNvcnJ5IQ"
    )]
    #[serde(default, deserialize_with = "short_token")]
    pub device_token: Option<String>,
}

/// Log in
///
/// An unknown address and a wrong password get the same answer, in the same time.
#[utoipa::path(
    post, path = "/auth/login", operation_id = "log_in", tag = "auth",
    security(()),
    request_body = LogIn,
    responses(
        (status = 200, description = "Logged in.", body = Session),
        (status = 401, description = "`invalid_credentials`", body = Problem),
        (status = 403, description = "`account_suspended`, told only with the right password", body = Problem),
        (status = 422, description = "`invalid_request`", body = Problem),
        (status = 429, description = "`rate_limited`: too many attempts for this account or from this address",
            body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn log_in(
    State(auth): State<Arc<Auth>>,
    mut visit: Visit,
    Json(request): Json<LogIn>,
) -> Result<SessionAnswer, AuthError> {
    auth.show_device(&mut visit, request.device_token.as_deref());
    // What is no address belongs to no account; it counts as an attempt all the same.
    let Ok(email) = Email::parse(&request.email) else {
        auth.throttles.login(visit.ip)?;
        return Err(refused("login_failed", None, "no_address", AuthError::InvalidCredentials));
    };
    let (account, token) = auth.log_in(&email, &request.password, &visit).await?;
    auth.session_answer(Opened::Password, &account, token, request.refresh, &visit).await
}

impl Auth {
    async fn log_in(&self, email: &Email, password: &str, visit: &Visit) -> Result<(Account, RefreshToken), AuthError> {
        let account = accounts::by_email(&mut self.db.reader().await?, email).await?;
        let user = account.as_ref().map(|account| account.user_id);
        let source = self.may_try(visit, email.folded(), account.as_ref())?;
        let failed = || refused("login_failed", user, source.name(), AuthError::InvalidCredentials);
        let password = TypedPassword::new(password).ok_or_else(failed)?;
        let stored = account.as_ref().map(|account| account.password_hash.as_str());
        let verdict = self.hasher.verify(&password, stored, source.is_known()).await?;
        let Some(account) = account.filter(|_| verdict.right) else { return Err(failed()) };
        if account.status == Status::Suspended {
            return Err(refused("login_refused", user, "suspended", AuthError::AccountSuspended));
        }
        let rehashed = if verdict.outdated { Some(self.hasher.hash(password.kept()).await?) } else { None };

        let now = visit.now;
        let user_agent = visit.user_agent();
        let token = transaction!(&self.db, |tx| -> Result<RefreshToken, AuthError> {
            if !accounts::note_login(tx, account.user_id, account.version, now).await? {
                return Err(AuthError::InvalidCredentials);
            }
            if let Some(hash) = &rehashed {
                accounts::rehash(tx, account.user_id, account.version, hash).await?;
            }
            self.open_session(tx, account.user_id, &user_agent, now).await
        })?;
        SecurityEvent::new("logged_in").user(account.user_id).session(token.session).detail(source.name()).log();
        Ok((account, token))
    }
}

/// Logs that somebody was not let in; the answer does not say more than before.
fn refused(event: &'static str, user: Option<UserId>, detail: &'static str, error: AuthError) -> AuthError {
    SecurityEvent::new(event).user(user).detail(detail).log();
    error
}
