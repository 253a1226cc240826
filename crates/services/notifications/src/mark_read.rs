//! Marking notifications read.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_http::{Caller, Json, Problem};
use village_kernel::Viewer;
use village_ports::NotificationFeed as _;

use crate::store::{items, marks};
use crate::{NotificationState, Notifications, NotificationsError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkRead {
    /// All up to the change with this number are read.
    #[schema(example = 42, minimum = 0)]
    pub seq: i64,
}

/// Never makes anything unread again; a number beyond the newest means the newest.
#[utoipa::path(
    put,
    path = "/notifications/read",
    operation_id = "mark_notifications_read",
    tag = "notifications",
    summary = "Mark your notifications read",
    request_body = MarkRead,
    responses(
        (status = 200, description = "Where they stand now", body = NotificationState),
        (status = 422, description = "`invalid_request`", body = Problem),
    ),
)]
pub(crate) async fn mark_notifications_read(
    State(notifications): State<Arc<Notifications>>,
    Caller(viewer): Caller,
    Json(request): Json<MarkRead>,
) -> Result<Json<NotificationState>, Problem> {
    if request.seq < 0 {
        return Err(Problem::invalid_field("seq", "out_of_range", "must not be negative"));
    }
    Ok(Json(notifications.mark_read(&viewer, request.seq).await?))
}

impl Notifications {
    pub async fn mark_read(&self, viewer: &Viewer, seq: i64) -> Result<NotificationState, NotificationsError> {
        transaction!(&self.deps.db, |tx| -> Result<(), NotificationsError> {
            if !marks::read_up_to(tx, viewer.user, seq).await? {
                return Ok(());
            }
            let before = marks::find(tx, viewer.user).await?.map(|mark| mark.unread_count);
            marks::recount(tx, &[viewer.user]).await?;
            let after = marks::find(tx, viewer.user).await?.map(|mark| mark.unread_count);
            // The person's other devices show another number now. They hear of changes only, so this is one: of the
            // newest item that was read.
            if after != before && items::tell_newest_read(tx, viewer.user).await? {
                let moved = marks::advance(tx, &[viewer.user], 0).await?;
                self.hint(tx, moved);
            }
            Ok(())
        })?;
        Ok(self.mark(viewer.user).await?.into())
    }
}
