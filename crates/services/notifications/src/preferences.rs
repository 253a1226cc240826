//! What one wants to be told of.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_http::{Caller, Json, Problem};
use village_kernel::Viewer;

use crate::store::preferences;
use crate::{Notifications, NotificationsError};

/// Whether each kind makes a notification in the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "post_published": true, "comment_added": true, "post_liked": false, "followed": true, "message_sent": true,
    "channel_invited": true
}))]
pub struct Preferences {
    pub post_published: bool,
    pub comment_added: bool,
    pub post_liked: bool,
    pub followed: bool,
    pub message_sent: bool,
    /// Left away: on. Clients from before do not know it.
    #[serde(default = "on")]
    pub channel_invited: bool,
}

fn on() -> bool {
    true
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            post_published: true,
            comment_added: true,
            post_liked: true,
            followed: true,
            message_sent: true,
            channel_invited: true,
        }
    }
}

#[utoipa::path(
    get,
    path = "/notifications/preferences",
    operation_id = "get_notification_preferences",
    tag = "notifications",
    summary = "Read what you want to be told of",
    responses((status = 200, description = "Your preferences; all on unless you changed them", body = Preferences)),
)]
pub(crate) async fn get_preferences(
    State(notifications): State<Arc<Notifications>>,
    Caller(viewer): Caller,
) -> Result<Json<Preferences>, Problem> {
    Ok(Json(notifications.preferences(&viewer).await?))
}

/// Counts for what happens from now on.
#[utoipa::path(
    put,
    path = "/notifications/preferences",
    operation_id = "put_notification_preferences",
    tag = "notifications",
    summary = "Say what you want to be told of",
    request_body = Preferences,
    responses(
        (status = 200, description = "Your preferences", body = Preferences),
        (status = 422, description = "`invalid_request`", body = Problem),
    ),
)]
pub(crate) async fn put_preferences(
    State(notifications): State<Arc<Notifications>>,
    Caller(viewer): Caller,
    Json(wanted): Json<Preferences>,
) -> Result<Json<Preferences>, Problem> {
    notifications.set_preferences(&viewer, &wanted).await?;
    Ok(Json(wanted))
}

impl Notifications {
    pub async fn preferences(&self, viewer: &Viewer) -> Result<Preferences, NotificationsError> {
        Ok(preferences::find(&mut self.deps.db.reader().await?, viewer).await?.unwrap_or_default())
    }

    pub async fn set_preferences(&self, viewer: &Viewer, wanted: &Preferences) -> Result<(), NotificationsError> {
        transaction!(&self.deps.db, |tx| -> Result<(), NotificationsError> {
            Ok(preferences::put(tx, viewer, wanted).await?)
        })
    }
}
