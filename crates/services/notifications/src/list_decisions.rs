//! Reading one's own ledger: why was I told of this, why was I not.

use std::sync::Arc;

use axum::extract::State;
use village_http::{Caller, Json, PageQuery, Problem};
use village_kernel::{EventId, Limit, Page, Viewer};

use crate::store::decisions;
use crate::{Decision, Notifications, NotificationsError};

/// What was decided about telling you, newest event first; kept for 30 days.
#[utoipa::path(
    get,
    path = "/notifications/decisions",
    operation_id = "list_notification_decisions",
    tag = "notifications",
    summary = "List why you were told of things, or were not",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of decisions", body = Page<Decision>),
        (status = 400, description = "`invalid_cursor`", body = Problem),
    ),
)]
pub(crate) async fn list_decisions(
    State(notifications): State<Arc<Notifications>>,
    Caller(viewer): Caller,
    query: PageQuery,
) -> Result<Json<Page<Decision>>, Problem> {
    let before = query.after()?;
    Ok(Json(notifications.decisions(&viewer, before, query.limit).await?))
}

impl Notifications {
    /// A page of the decisions on events before `before`.
    pub async fn decisions(
        &self,
        viewer: &Viewer,
        before: Option<EventId>,
        limit: Limit,
    ) -> Result<Page<Decision>, NotificationsError> {
        let rows = decisions::page(&mut self.deps.db.reader().await?, viewer, before, limit).await?;
        Ok(Page::from_rows(rows, limit, |row| row.event_id).map(|row| Decision {
            id: row.event_id,
            event_id: row.event_id,
            kind: row.kind,
            outcome: row.outcome,
            reason: row.reason,
            created_at: row.decided_at,
        }))
    }
}
