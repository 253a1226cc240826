//! `POST /auth/logout`

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use village_db::transaction;
use village_http::{Json, Problem, SecurityEvent};
use village_kernel::UserId;

use crate::cookies::SetCookies;
use crate::store::sessions;
use crate::visit::Visit;
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
        (status = 204, description = "Logged out; the cookie is cleared, under its old name too."),
        (status = 422, description = "`invalid_request`", body = Problem),
        (status = 429, description = "`rate_limited`", body = Problem),
    ),
)]
pub(crate) async fn log_out(
    State(auth): State<Arc<Auth>>,
    visit: Visit,
    Json(request): Json<RefreshRequest>,
) -> Result<(StatusCode, SetCookies), AuthError> {
    auth.throttles.refresh(visit.ip)?;
    let (presented, _) = auth.presented(request.refresh_token.as_deref(), &visit);
    for token in presented {
        let ended = transaction!(&auth.db, |tx| -> Result<Option<UserId>, AuthError> {
            let Some(row) = sessions::by_id(tx, token.session).await? else { return Ok(None) };
            if !sessions::revoke_one(tx, row.session_id, row.user_id, visit.now).await? {
                return Ok(None);
            }
            auth.write_revocations(tx, vec![row.session_id], visit.now).await?;
            Ok(Some(row.user_id))
        })?;
        if let Some(user) = ended {
            SecurityEvent::new("logged_out").user(user).session(token.session).log();
        }
    }
    Ok((StatusCode::NO_CONTENT, auth.forget_refresh(&visit)))
}
