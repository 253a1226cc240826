//! Removing somebody from a group, and leaving.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use village_db::transaction;
use village_http::{Caller, Path, Problem};
use village_kernel::{ConversationId, UserId, Viewer};

use crate::change::{Change, require_admin};
use crate::conversation::ConversationKind;
use crate::{ConversationEvent, MemberRole, Messaging, MessagingError, store};

/// Remove somebody from a group, or leave a conversation
///
/// Oneself: leaves a group or the conversation of a channel. Others: admins remove members, the owner removes anybody.
/// What was said until then stays readable to whoever left. An owner who leaves is followed by the admin, or else the
/// member, who joined first.
#[utoipa::path(
    delete, path = "/conversations/{id}/members/{user_id}", tag = "messaging",
    operation_id = "remove_conversation_member",
    params(
        ("id" = ConversationId, Path, description = "The conversation."),
        ("user_id" = UserId, Path, description = "Whom to remove; yourself to leave."),
    ),
    responses(
        (status = 204, description = "They do not take part any more."),
        (status = 403, description = "`not_an_admin`, `not_the_owner`", body = Problem),
        (status = 404, description = "None that you take part in, or no such member.", body = Problem),
        (status = 409, description = "`not_a_group`", body = Problem),
    ),
)]
pub(crate) async fn remove_conversation_member(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path((id, user)): Path<(ConversationId, UserId)>,
) -> Result<StatusCode, Problem> {
    if user == viewer.user {
        messaging.leave(&viewer, id).await?;
    } else {
        messaging.remove_member(&viewer, id, user).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

impl Messaging {
    async fn remove_member(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        user: UserId,
    ) -> Result<(), MessagingError> {
        let now = self.clock.now();
        transaction!(&self.db, |tx| -> Result<(), MessagingError> {
            let (mut change, standing) = Change::begin(tx, &self.live, conversation, viewer.user, now).await?;
            change.require_group()?;
            require_admin(&standing)?;
            let removed = store::members::standing(tx, conversation, user).await?.ok_or(MessagingError::NotFound)?;
            if removed.role.is_admin() && standing.role != MemberRole::Owner {
                return Err(MessagingError::NotOwner);
            }
            change.take_out(tx, user, &removed, &ConversationEvent::MemberRemoved { user_id: user }).await
        })
    }

    /// Leaving what one has left already changes nothing.
    pub(crate) async fn leave(&self, viewer: &Viewer, conversation: ConversationId) -> Result<(), MessagingError> {
        let now = self.clock.now();
        let left = transaction!(&self.db, |tx| -> Result<(), MessagingError> {
            let window = store::windows::find(tx, conversation, viewer.user).await?;
            if window.ok_or(MessagingError::NotFound)?.left_seq.is_some() {
                return Ok(());
            }
            let (mut change, standing) = Change::begin(tx, &self.live, conversation, viewer.user, now).await?;
            if change.conversation().kind == ConversationKind::Direct {
                return Err(MessagingError::NotAGroup);
            }
            change.take_out(tx, viewer.user, &standing, &ConversationEvent::MemberLeft).await
        });
        match left {
            // Removed by somebody else in this moment.
            Err(MessagingError::NotFound) => {
                self.settled().await?;
                let window = store::windows::find(&mut self.db.reader().await?, conversation, viewer.user).await?;
                window.map(|_| ()).ok_or(MessagingError::NotFound)
            }
            other => other,
        }
    }
}
