//! `DELETE /auth/sessions/{id}`: logging out a device that is somewhere else.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use village_db::transaction;
use village_http::{Caller, Path, Problem, SecurityEvent};
use village_kernel::SessionId;

use crate::store::sessions;
use crate::{Auth, AuthError};

/// End one of my sessions
///
/// Its access tokens are refused within seconds, and its live connection is closed.
#[utoipa::path(
    delete, path = "/auth/sessions/{id}", operation_id = "revoke_session", tag = "auth",
    params(("id" = SessionId, Path, description = "From the list of sessions.")),
    responses(
        (status = 204, description = "Ended."),
        (status = 401, description = "`unauthenticated`", body = Problem),
        (status = 404, description = "`not_found`: none of yours, or it has ended.", body = Problem),
    ),
)]
pub(crate) async fn revoke_session(
    State(auth): State<Arc<Auth>>,
    Caller(viewer): Caller,
    Path(session): Path<SessionId>,
) -> Result<StatusCode, AuthError> {
    let now = auth.clock.now();
    transaction!(&auth.db, |tx| -> Result<(), AuthError> {
        if !sessions::revoke_one(tx, session, viewer.user, now).await? {
            return Err(AuthError::NotFound);
        }
        auth.write_revocations(tx, vec![session], now).await
    })?;
    SecurityEvent::new("session_revoked").user(viewer.user).session(session).log();
    Ok(StatusCode::NO_CONTENT)
}
