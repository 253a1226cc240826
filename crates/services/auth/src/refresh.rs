//! `POST /auth/refresh`: a new access token, and the successor of the refresh token.

use std::sync::Arc;

use axum::extract::State;
use axum_extra::extract::cookie::CookieJar;
use http::StatusCode;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use village_db::transaction;
use village_http::{ClientIp, Json, Problem};
use village_kernel::UserId;

use crate::refresh_token::RefreshToken;
use crate::session::SessionAnswer;
use crate::store::accounts::{self, Status};
use crate::store::sessions::{self, SessionRow};
use crate::{Auth, AuthError, Session};

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    /// When absent, the cookie `village_refresh` is meant.
    #[schema(example = "AQGTb3pcHns6nUIMj2seKncAAAAAAAAAAXN0aWxsIG5vdCBhIHJlYWwgdG9rZW4gYXQgYWxsLCBzb3JyeQ")]
    #[schema(max_length = 128)]
    #[serde(default, deserialize_with = "short")]
    pub refresh_token: Option<String>,
}

/// Longer than any token of ours.
const MAX_TOKEN: usize = 128;

fn short<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let token = Option::<String>::deserialize(deserializer)?;
    match token.as_ref().is_some_and(|token| token.chars().count() > MAX_TOKEN) {
        true => Err(D::Error::custom(format_args!("is longer than {MAX_TOKEN} characters"))),
        false => Ok(token),
    }
}

/// Refresh the tokens
///
/// Each refresh token is good for one refresh; for 30 seconds more it yields the same successor again (two tabs, a
/// lost answer). Using it later ends the session: somebody has a copy.
#[utoipa::path(
    post, path = "/auth/refresh", operation_id = "refresh_session", tag = "auth",
    security(()),
    request_body = RefreshRequest,
    responses(
        (status = 200, description = "Fresh tokens; by cookie when the old one came so.", body = Session),
        (status = 401, description = "`invalid_refresh_token`: log in again.", body = Problem),
        (status = 422, description = "`invalid_request`", body = Problem),
        (status = 429, description = "`rate_limited`", body = Problem),
    ),
)]
pub(crate) async fn refresh(
    State(auth): State<Arc<Auth>>,
    ip: ClientIp,
    jar: CookieJar,
    Json(request): Json<RefreshRequest>,
) -> Result<SessionAnswer, AuthError> {
    auth.throttles.refresh(ip)?;
    let (presented, by) = auth.presented(request.refresh_token.as_deref(), &jar);
    let presented = presented.ok_or(AuthError::InvalidRefreshToken)?;
    let (user, token) = match auth.rotate(presented).await? {
        Rotation::Successor(user, token) => (user, token),
        Rotation::Refused => return Err(AuthError::InvalidRefreshToken),
    };
    let account = accounts::by_id(&mut auth.db.reader().await?, user).await?;
    let account = account.filter(|account| account.status == Status::Active).ok_or(AuthError::InvalidRefreshToken)?;
    auth.session_answer(StatusCode::OK, &account, token, by).await
}

enum Rotation {
    Successor(UserId, RefreshToken),
    /// Not an error of the transaction: what it wrote (the end of the session) must be committed.
    Refused,
}

impl Auth {
    async fn rotate(&self, presented: RefreshToken) -> Result<Rotation, AuthError> {
        let now = self.clock.now();
        let expires_at = now.plus(self.settings.session_idle);
        transaction!(&self.db, |tx| -> Result<Rotation, AuthError> {
            let RefreshToken { session, generation } = presented;
            let rotated = sessions::rotate(tx, session, generation, now, expires_at).await?;
            let Some(row) = sessions::by_id(tx, session).await? else { return Ok(Rotation::Refused) };
            let successor = Rotation::Successor(row.user_id, RefreshToken { session, generation: row.generation });
            if rotated.is_some() {
                return Ok(successor);
            }
            let live = row.revoked_at.is_none() && row.expires_at > now;
            // A generation that was never given out: the database was restored from a backup.
            if !live || generation >= row.generation {
                return Ok(Rotation::Refused);
            }
            if generation == row.generation - 1 && now.since(row.rotated_at) <= self.settings.refresh_grace {
                return Ok(successor);
            }
            self.end_reused(tx, &row, now).await?;
            Ok(Rotation::Refused)
        })
    }

    /// Somebody used a token that had been replaced: the person or a thief, we cannot tell which.
    async fn end_reused(
        &self,
        tx: &mut village_db::Tx,
        row: &SessionRow,
        now: village_kernel::Instant,
    ) -> Result<(), AuthError> {
        if sessions::revoke_one(tx, row.session_id, row.user_id, now).await? {
            tracing::warn!(session = %row.session_id, "a refresh token was used again; the session has been ended");
            metrics::counter!("village_auth_refresh_reuse_total").increment(1);
            self.write_revocations(tx, vec![row.session_id], now).await?;
        }
        Ok(())
    }
}
