//! Reading one's notifications.

use std::sync::Arc;

use axum::extract::State;
use village_http::{Caller, Json, PageQuery, Problem};
use village_kernel::{Cursor, Limit, Page, Viewer};

use crate::store::items;
use crate::{Notification, Notifications, NotificationsError};

/// How often a page from which items were left out is filled up; then it is given out short.
const REFILLS: usize = 5;

/// The last changed first. What concerns posts you may not see any more, or only people between whom and you a
/// block stands, is left out.
#[utoipa::path(
    get,
    path = "/notifications",
    operation_id = "list_notifications",
    tag = "notifications",
    summary = "List your notifications",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of notifications", body = Page<Notification>),
        (status = 400, description = "`invalid_cursor`", body = Problem),
    ),
)]
pub(crate) async fn list_notifications(
    State(notifications): State<Arc<Notifications>>,
    Caller(viewer): Caller,
    query: PageQuery,
) -> Result<Json<Page<Notification>>, Problem> {
    let before = query.after()?;
    Ok(Json(notifications.list(&viewer, before, query.limit).await?))
}

impl Notifications {
    /// A page of those whose last change is before `before`.
    pub async fn list(
        &self,
        viewer: &Viewer,
        before: Option<i64>,
        limit: Limit,
    ) -> Result<Page<Notification>, NotificationsError> {
        let mut before = before.unwrap_or(i64::MAX);
        let mut shown = Vec::with_capacity(limit.get());
        for _ in 0..=REFILLS {
            let wanted = limit.get() - shown.len();
            let mut rows = items::page(&mut self.deps.db.reader().await?, viewer, before, wanted as i64 + 1).await?;
            let more = rows.len() > wanted;
            rows.truncate(wanted);
            before = rows.last().map_or(before, |row| row.seq);
            shown.extend(self.hydrate(viewer, rows).await?);
            if !more {
                return Ok(Page { items: shown, next: None });
            }
            if shown.len() == limit.get() {
                break;
            }
        }
        Ok(Page { items: shown, next: Some(Cursor(before).encode()) })
    }
}
