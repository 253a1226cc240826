//! Where one's notifications stand.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_http::{Caller, Json, Problem};
use village_ports::{NotificationFeed, NotificationMark};

use crate::{Notifications, NotificationsError};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NotificationState {
    /// As many as the list shows unread.
    #[schema(example = 3)]
    pub unread_count: i64,
    /// The number of the newest change; mark this read to mark everything read.
    #[schema(example = 42)]
    pub seq: i64,
}

impl From<NotificationMark> for NotificationState {
    fn from(mark: NotificationMark) -> Self {
        Self { unread_count: mark.unread_count, seq: mark.seq }
    }
}

#[utoipa::path(
    get,
    path = "/notifications/state",
    operation_id = "get_notification_state",
    tag = "notifications",
    summary = "Read how many notifications are unread",
    responses((status = 200, description = "Where they stand", body = NotificationState)),
)]
pub(crate) async fn get_notification_state(
    State(notifications): State<Arc<Notifications>>,
    Caller(viewer): Caller,
) -> Result<Json<NotificationState>, Problem> {
    let mark = notifications.mark(viewer.user).await.map_err(NotificationsError::from)?;
    Ok(Json(mark.into()))
}
