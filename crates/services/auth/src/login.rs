//! `POST /auth/login`

use std::sync::Arc;

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use village_db::transaction;
use village_http::{ClientIp, Json, Problem};

use crate::email::Email;
use crate::refresh_token::RefreshToken;
use crate::secret_text::TypedPassword;
use crate::session::{self, SessionAnswer};
use crate::store::accounts::{self, Account, Status};
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
    ip: ClientIp,
    headers: HeaderMap,
    Json(request): Json<LogIn>,
) -> Result<SessionAnswer, AuthError> {
    // What is no address, or too long, belongs to no account; it counts as an attempt all the same.
    let email = Email::parse(&request.email);
    auth.throttles.login(ip, email.as_ref().ok())?;
    let email = email.map_err(|_| AuthError::InvalidCredentials)?;
    let (account, token) = auth.log_in(&email, &request.password, &session::user_agent(&headers)).await?;
    auth.session_answer(StatusCode::OK, &account, token, request.refresh).await
}

impl Auth {
    async fn log_in(
        &self,
        email: &Email,
        password: &str,
        user_agent: &str,
    ) -> Result<(Account, RefreshToken), AuthError> {
        let password = TypedPassword::new(password).ok_or(AuthError::InvalidCredentials)?;
        let account = accounts::by_email(&mut self.db.reader().await?, email).await?;
        let stored = account.as_ref().map(|account| account.password_hash.as_str());
        let verdict = self.hasher.verify(&password, stored).await?;
        let Some(account) = account.filter(|_| verdict.right) else { return Err(AuthError::InvalidCredentials) };
        if account.status == Status::Suspended {
            return Err(AuthError::AccountSuspended);
        }
        let rehashed = if verdict.outdated { Some(self.hasher.hash(password.kept()).await?) } else { None };

        let now = self.clock.now();
        let token = transaction!(&self.db, |tx| -> Result<RefreshToken, AuthError> {
            if !accounts::note_login(tx, account.user_id, account.version, now).await? {
                return Err(AuthError::InvalidCredentials);
            }
            if let Some(hash) = &rehashed {
                accounts::rehash(tx, account.user_id, account.version, hash).await?;
            }
            self.open_session(tx, account.user_id, user_agent, now).await
        })?;
        Ok((account, token))
    }
}
