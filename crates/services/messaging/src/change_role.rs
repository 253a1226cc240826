//! Roles in a group, and handing it over.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_http::{Caller, Json, Path, Problem, SecurityEvent};
use village_kernel::{ConversationId, UserId, Viewer};

use crate::change::Change;
use crate::{ConversationEvent, Member, MemberRole, MemberState, Messaging, MessagingError, store};

#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRole {
    /// `owner` hands the group over: you become an admin.
    pub role: MemberRole,
}

/// Change the role of a member
///
/// The owner only.
#[utoipa::path(
    put, path = "/conversations/{id}/members/{user_id}", tag = "messaging",
    operation_id = "change_conversation_role",
    params(
        ("id" = ConversationId, Path, description = "The group."),
        ("user_id" = UserId, Path, description = "Whose role."),
    ),
    request_body = ChangeRole,
    responses(
        (status = 200, description = "The member with that role.", body = Member),
        (status = 403, description = "`not_the_owner`", body = Problem),
        (status = 404, description = "None that you take part in, or no such member.", body = Problem),
        (status = 409, description = "`not_a_group`; `not_active`: has not accepted to take part yet; \
            `owner_needed`: hand the group over instead", body = Problem),
    ),
)]
pub(crate) async fn change_conversation_role(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path((id, user)): Path<(ConversationId, UserId)>,
    Json(request): Json<ChangeRole>,
) -> Result<Json<Member>, Problem> {
    Ok(Json(messaging.change_role(&viewer, id, user, request.role).await?))
}

impl Messaging {
    async fn change_role(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        user: UserId,
        role: MemberRole,
    ) -> Result<Member, MessagingError> {
        let now = self.clock.now();
        let changed = transaction!(&self.db, |tx| -> Result<(), MessagingError> {
            let (mut change, standing) = Change::begin(tx, &self.live, conversation, viewer.user, now).await?;
            change.require_group()?;
            if standing.role != MemberRole::Owner {
                return Err(MessagingError::NotOwner);
            }
            let member = store::members::standing(tx, conversation, user).await?.ok_or(MessagingError::NotFound)?;
            if member.role == role {
                return Err(MessagingError::Unchanged);
            }
            if user == viewer.user {
                return Err(MessagingError::OwnerNeeded);
            }
            if member.state != MemberState::Active {
                return Err(MessagingError::NotActive);
            }
            change.record(tx, &ConversationEvent::RoleChanged { user_id: user, role }).await?;
            let mut roles = vec![(user, role)];
            if role == MemberRole::Owner {
                roles.push((viewer.user, MemberRole::Admin));
            }
            let people: Vec<UserId> = roles.iter().map(|(person, _)| *person).collect();
            for (person, seq) in change.advance(tx, &people).await? {
                let role = roles.iter().find(|(of, _)| *of == person).map_or(MemberRole::Member, |(_, role)| *role);
                store::members::set_role(tx, conversation, person, role, seq).await?;
            }
            Ok(())
        });
        match changed {
            Ok(()) => {
                let detail = match role {
                    MemberRole::Owner => "owner",
                    MemberRole::Admin => "admin",
                    MemberRole::Member => "member",
                };
                let event = SecurityEvent::new("group_role_changed").user(user).by(viewer.user);
                event.subject(conversation.0).detail(detail).log();
            }
            Err(MessagingError::Unchanged) => self.settled().await?,
            Err(error) => return Err(error),
        }
        let mut reader = self.db.reader().await?;
        let row = store::members::find(&mut reader, viewer.user, conversation, user).await?;
        drop(reader);
        let row = row.ok_or(MessagingError::NotFound)?;
        self.show_members(viewer, vec![row]).await?.pop().ok_or(MessagingError::NotFound)
    }
}
