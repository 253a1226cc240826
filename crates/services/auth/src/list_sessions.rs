//! `GET /auth/sessions`: where I am logged in.

use std::sync::Arc;

use axum::extract::State;
use village_http::{Caller, Json, PageQuery, Problem};
use village_kernel::{Page, SessionId};

use crate::store::sessions;
use crate::{Auth, SessionInfo};

/// List my sessions
#[utoipa::path(
    get, path = "/auth/sessions", operation_id = "list_sessions", tag = "auth",
    params(PageQuery),
    responses(
        (status = 200, description = "Where you are logged in, newest first.", body = Page<SessionInfo>),
        (status = 400, description = "`invalid_cursor`", body = Problem),
        (status = 401, description = "`unauthenticated`", body = Problem),
    ),
)]
pub(crate) async fn list_sessions(
    State(auth): State<Arc<Auth>>,
    Caller(viewer): Caller,
    page: PageQuery,
) -> Result<Json<Page<SessionInfo>>, Problem> {
    let before = page.after::<SessionId>()?;
    let now = auth.clock.now();
    let mut reader = auth.db.reader().await.map_err(|error| Problem::from_database(&error))?;
    let rows = sessions::page(&mut reader, viewer.user, before, page.limit, now)
        .await
        .map_err(|error| Problem::from_database(&error))?;
    let sessions = Page::from_rows(rows, page.limit, |row| row.session_id).map(|row| SessionInfo {
        id: row.session_id,
        current: row.session_id == viewer.session,
        user_agent: row.user_agent,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    });
    Ok(Json(sessions))
}
