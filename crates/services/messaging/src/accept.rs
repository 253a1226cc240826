//! Answering a request to talk or to be in a group.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use village_db::{Tx, transaction};
use village_http::{Caller, Json, Path, Problem};
use village_kernel::{ConversationId, UserId, Viewer};

use crate::change::{Change, announce_memberships};
use crate::conversation::ConversationKind;
use crate::store::personal;
use crate::{Conversation, ConversationEvent, MemberState, Messaging, MessagingError, store};

/// Accept a conversation
///
/// Somebody you do not follow wrote to you, or added you to a group. A message of yours accepts as well.
#[utoipa::path(
    post, path = "/conversations/{id}/accept", tag = "messaging", operation_id = "accept_conversation",
    params(("id" = ConversationId, Path, description = "The conversation.")),
    responses(
        (status = 200, description = "The conversation, now in your inbox.", body = Conversation),
        (status = 404, description = "None that you take part in.", body = Problem),
        (status = 409, description = "`not_requested`", body = Problem),
    ),
)]
pub(crate) async fn accept_conversation(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
) -> Result<Json<Conversation>, Problem> {
    messaging.accept(&viewer, id).await?;
    Ok(Json(messaging.conversation(&viewer, id).await?))
}

/// Decline a conversation
///
/// It is hidden, and whoever wrote is not told; opening it accepts it after all. Declining a group leaves it.
#[utoipa::path(
    post, path = "/conversations/{id}/decline", tag = "messaging", operation_id = "decline_conversation",
    params(("id" = ConversationId, Path, description = "The conversation.")),
    responses(
        (status = 204, description = "Declined."),
        (status = 404, description = "None that you take part in.", body = Problem),
        (status = 409, description = "`not_requested`", body = Problem),
    ),
)]
pub(crate) async fn decline_conversation(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
) -> Result<StatusCode, Problem> {
    messaging.decline(&viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Messaging {
    async fn accept(&self, viewer: &Viewer, conversation: ConversationId) -> Result<(), MessagingError> {
        transaction!(&self.db, |tx| -> Result<(), MessagingError> {
            require_requested(tx, conversation, viewer.user).await?;
            match self.become_active(tx, conversation, viewer.user).await? {
                true => Ok(()),
                false => Err(MessagingError::NotRequested),
            }
        })
    }

    async fn decline(&self, viewer: &Viewer, conversation: ConversationId) -> Result<(), MessagingError> {
        let now = self.clock.now();
        transaction!(&self.db, |tx| -> Result<(), MessagingError> {
            require_requested(tx, conversation, viewer.user).await?;
            if store::conversations::kind(tx, conversation).await? == ConversationKind::Direct {
                let membership_seq = personal::next_membership_seq(tx, viewer.user).await?;
                let declined = MemberState::Declined;
                if !personal::set_state(tx, conversation, viewer.user, declined, membership_seq).await? {
                    return Err(MessagingError::NotRequested);
                }
                announce_memberships(tx, &self.live, &[(viewer.user, membership_seq)]);
                return Ok(());
            }
            let (mut change, standing) = Change::begin(tx, &self.live, conversation, viewer.user, now).await?;
            // Accepted on another device in this moment.
            if standing.state != MemberState::Requested {
                return Err(MessagingError::NotRequested);
            }
            change.take_out(tx, viewer.user, &standing, &ConversationEvent::MemberLeft).await
        })
    }

    /// Makes what `user` was asked, or has declined, an ordinary conversation of theirs. False when it was one. In a
    /// group the others learn of it; in a direct conversation nobody is told.
    pub(crate) async fn become_active(
        &self,
        tx: &mut Tx,
        conversation: ConversationId,
        user: UserId,
    ) -> Result<bool, MessagingError> {
        if store::conversations::kind(tx, conversation).await? == ConversationKind::Group {
            let now = self.clock.now();
            let (mut change, standing) = Change::begin(tx, &self.live, conversation, user, now).await?;
            if standing.state == MemberState::Active {
                return Ok(false);
            }
            change.record(tx, &ConversationEvent::MemberJoined).await?;
        }
        self.activate(tx, conversation, user).await
    }

    /// The row only: what is to be told of it is told by the caller.
    pub(crate) async fn activate(
        &self,
        tx: &mut Tx,
        conversation: ConversationId,
        user: UserId,
    ) -> Result<bool, MessagingError> {
        let membership_seq = personal::next_membership_seq(tx, user).await?;
        let changed = personal::set_state(tx, conversation, user, MemberState::Active, membership_seq).await?;
        if changed {
            announce_memberships(tx, &self.live, &[(user, membership_seq)]);
        }
        Ok(changed)
    }
}

async fn require_requested(tx: &mut Tx, conversation: ConversationId, user: UserId) -> Result<(), MessagingError> {
    let standing = store::members::standing(tx, conversation, user).await?.ok_or(MessagingError::NotFound)?;
    if standing.state == MemberState::Requested { Ok(()) } else { Err(MessagingError::NotRequested) }
}
