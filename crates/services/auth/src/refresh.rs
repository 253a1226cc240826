//! `POST /auth/refresh`: a new access token, and the successor of the refresh token.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use village_db::transaction;
use village_http::{Json, Problem, SecurityEvent};
use village_kernel::UserId;

use crate::refresh_token::RefreshToken;
use crate::session::{Opened, SessionAnswer, short_token};
use crate::store::accounts::{self, Status};
use crate::store::sessions::{self, SessionRow};
use crate::visit::Visit;
use crate::{Auth, AuthError, Session};

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    /// When absent, the cookie `__Secure-village_refresh` (`village_refresh` without https) is meant.
    #[schema(example = "AQGTb3pcHns6nUIMj2seKncAAAAAAAAAAXN0aWxsIG5vdCBhIHJlYWwgdG9rZW4gYXQgYWxsLCBzb3JyeQ")]
    #[schema(max_length = 128)]
    #[serde(default, deserialize_with = "short_token")]
    pub refresh_token: Option<String>,
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
    visit: Visit,
    Json(request): Json<RefreshRequest>,
) -> Result<SessionAnswer, AuthError> {
    auth.throttles.refresh(visit.ip)?;
    let (presented, by) = auth.presented(request.refresh_token.as_deref(), &visit);
    let (user, token) = auth.rotate_one_of(presented).await?;
    let account = accounts::by_id(&mut auth.db.reader().await?, user).await?;
    let account = account.filter(|account| account.status == Status::Active).ok_or(AuthError::InvalidRefreshToken)?;
    auth.session_answer(Opened::Token, &account, token, by, &visit).await
}

enum Rotation {
    Successor(UserId, RefreshToken),
    /// Not an error of the transaction.
    Refused,
    /// Nor is this: what it wrote, the end of the session, must be committed.
    Reused(UserId),
}

impl Auth {
    /// The first of them that is good. A browser may bring several: under the old and the new name of the cookie, or
    /// from several paths.
    async fn rotate_one_of(&self, presented: Vec<RefreshToken>) -> Result<(UserId, RefreshToken), AuthError> {
        for token in presented {
            match self.rotate(token).await? {
                Rotation::Successor(user, successor) => return Ok((user, successor)),
                Rotation::Refused => {}
                Rotation::Reused(user) => {
                    metrics::counter!("village_auth_refresh_reuse_total").increment(1);
                    SecurityEvent::new("refresh_token_reused").user(user).session(token.session).log();
                }
            }
        }
        Err(AuthError::InvalidRefreshToken)
    }

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
            let ended = self.end_reused(tx, &row, now).await?;
            Ok(if ended { Rotation::Reused(row.user_id) } else { Rotation::Refused })
        })
    }

    /// Somebody used a token that had been replaced: the person or a thief, we cannot tell which.
    async fn end_reused(
        &self,
        tx: &mut village_db::Tx,
        row: &SessionRow,
        now: village_kernel::Instant,
    ) -> Result<bool, AuthError> {
        if !sessions::revoke_one(tx, row.session_id, row.user_id, now).await? {
            return Ok(false);
        }
        self.write_revocations(tx, vec![row.session_id], now).await?;
        Ok(true)
    }
}
