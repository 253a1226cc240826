//! What a person lets others see. It works both ways: who hides theirs does not see that of others.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_http::{Caller, Json, Problem};
use village_kernel::Viewer;
use village_live::{Hint, Topic};

use crate::store::personal;
use crate::{Messaging, MessagingError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = MessagingSettings)]
pub struct PrivacySettings {
    /// Others see what you have read and received, and you see theirs.
    pub read_receipts: bool,
    /// Others see whether you are here, and you see them.
    pub presence: bool,
}

/// Fields that are absent stay as they are.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ChangeMessagingSettings)]
pub struct ChangePrivacySettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_receipts: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence: Option<bool>,
}

/// Read my messaging settings
#[utoipa::path(
    get, path = "/messaging/settings", tag = "messaging", operation_id = "get_messaging_settings",
    responses((status = 200, description = "What others see of you.", body = PrivacySettings)),
)]
pub(crate) async fn get_messaging_settings(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
) -> Result<Json<PrivacySettings>, Problem> {
    Ok(Json(messaging.privacy(&viewer).await?))
}

/// Change my messaging settings
#[utoipa::path(
    patch, path = "/messaging/settings", tag = "messaging", operation_id = "change_messaging_settings",
    request_body = ChangePrivacySettings,
    responses(
        (status = 200, description = "What others see of you now.", body = PrivacySettings),
        (status = 422, description = "Neither true nor false.", body = Problem),
    ),
)]
pub(crate) async fn change_messaging_settings(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Json(request): Json<ChangePrivacySettings>,
) -> Result<Json<PrivacySettings>, Problem> {
    let ChangePrivacySettings { read_receipts, presence } = request;
    let changed = transaction!(&messaging.db, |tx| -> Result<PrivacySettings, MessagingError> {
        personal::set_privacy(tx, viewer.user, read_receipts, presence).await?;
        if presence.is_some() {
            // Every node on which they are looks whether they are to be shown.
            let live = messaging.live.clone();
            tx.after_commit(move || live.publish(Hint::new(Topic::Membership, viewer.user)));
        }
        Ok(personal::privacy(tx, viewer.user).await?)
    })?;
    Ok(Json(changed))
}

impl Messaging {
    pub(crate) async fn privacy(&self, viewer: &Viewer) -> Result<PrivacySettings, MessagingError> {
        Ok(personal::privacy(&mut self.db.reader().await?, viewer.user).await?)
    }
}
