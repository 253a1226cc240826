//! `POST /auth/logout`

use std::sync::Arc;

use axum::extract::State;
use axum_extra::extract::cookie::CookieJar;
use http::StatusCode;
use village_db::transaction;
use village_http::{ClientIp, Json, Problem};

use crate::store::sessions;
use crate::{Auth, AuthError, RefreshRequest};

/// Log out
///
/// Ends the session that the refresh token (or cookie) belongs to. Says yes to whatever is sent: afterwards the
/// client has no session, which is what it wanted.
#[utoipa::path(
    post, path = "/auth/logout", operation_id = "log_out", tag = "auth",
    security(()),
    request_body = RefreshRequest,
    responses(
        (status = 204, description = "Logged out; the cookie is cleared."),
        (status = 422, description = "`invalid_request`", body = Problem),
        (status = 429, description = "`rate_limited`", body = Problem),
    ),
)]
pub(crate) async fn log_out(
    State(auth): State<Arc<Auth>>,
    ip: ClientIp,
    jar: CookieJar,
    Json(request): Json<RefreshRequest>,
) -> Result<(StatusCode, CookieJar), AuthError> {
    auth.throttles.refresh(ip)?;
    let (presented, _) = auth.presented(request.refresh_token.as_deref(), &jar);
    if let Some(token) = presented {
        let now = auth.clock.now();
        transaction!(&auth.db, |tx| -> Result<(), AuthError> {
            let Some(row) = sessions::by_id(tx, token.session).await? else { return Ok(()) };
            if sessions::revoke_one(tx, row.session_id, row.user_id, now).await? {
                auth.write_revocations(tx, vec![row.session_id], now).await?;
            }
            Ok(())
        })?;
    }
    Ok((StatusCode::NO_CONTENT, CookieJar::new().add(auth.forget_cookie())))
}
