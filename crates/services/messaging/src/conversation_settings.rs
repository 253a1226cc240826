//! Of what in a conversation one wants to be notified.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_http::{Caller, Json, Path, Problem};
use village_kernel::{ConversationId, Instant, Viewer};

use crate::change::announce_memberships;
use crate::edit_conversation::present;
use crate::store::personal;
use crate::{Conversation, Messaging, MessagingError, NotifyLevel};

/// Fields that are absent stay as they are.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PutConversationSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify: Option<NotifyLevel>,
    /// Until then you are notified of nothing here; null ends it.
    #[schema(value_type = Option<Instant>)]
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<Option<Instant>>,
}

/// Change what you are notified of
///
/// For all of your devices. Others do not learn of it.
#[utoipa::path(
    put, path = "/conversations/{id}/settings", tag = "messaging", operation_id = "put_conversation_settings",
    params(("id" = ConversationId, Path, description = "The conversation.")),
    request_body = PutConversationSettings,
    responses(
        (status = 200, description = "The conversation with them.", body = Conversation),
        (status = 404, description = "None that you take part in now.", body = Problem),
        (status = 422, description = "Not a level, not a time.", body = Problem),
    ),
)]
pub(crate) async fn put_conversation_settings(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
    Json(request): Json<PutConversationSettings>,
) -> Result<Json<Conversation>, Problem> {
    messaging.put_conversation_settings(&viewer, id, request).await?;
    Ok(Json(messaging.conversation(&viewer, id).await?))
}

impl Messaging {
    async fn put_conversation_settings(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        request: PutConversationSettings,
    ) -> Result<(), MessagingError> {
        transaction!(&self.db, |tx| -> Result<(), MessagingError> {
            let before = personal::wishes(tx, conversation, viewer.user).await?.ok_or(MessagingError::NotFound)?;
            let membership_seq = personal::next_membership_seq(tx, viewer.user).await?;
            // Read again under the lock of the mark: another device may have been faster.
            let mut wishes = personal::wishes(tx, conversation, viewer.user).await?.unwrap_or(before);
            wishes.notify = request.notify.unwrap_or(wishes.notify);
            wishes.muted_until = request.muted_until.unwrap_or(wishes.muted_until);
            personal::set_wishes(tx, conversation, viewer.user, wishes, membership_seq).await?;
            announce_memberships(tx, &self.live, &[(viewer.user, membership_seq)]);
            Ok(())
        })
    }
}
