//! Adding people to a group.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_http::{Caller, Json, Path, Problem};
use village_kernel::{ConversationId, UserId, Viewer};

use crate::change::{Change, require_admin};
use crate::create_group::{parse_people, require_reachable};
use crate::{Conversation, ConversationEvent, Messaging, MessagingError, store};

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddMembers {
    /// 1 to 100. Those who do not follow you are asked first; those who take part already are left alone.
    #[schema(min_items = 1, max_items = 100)]
    pub user_ids: Vec<UserId>,
}

/// Add people to a group
///
/// They see what is said from now on.
#[utoipa::path(
    post, path = "/conversations/{id}/members", tag = "messaging", operation_id = "add_conversation_members",
    params(("id" = ConversationId, Path, description = "The group.")),
    request_body = AddMembers,
    responses(
        (status = 200, description = "The group with them in it.", body = Conversation),
        (status = 403, description = "`not_an_admin`", body = Problem),
        (status = 404, description = "None that you take part in.", body = Problem),
        (status = 409, description = "`conversation_full`, `not_a_group`", body = Problem),
        (status = 422, description = "Somebody who does not exist (`not_found`).", body = Problem),
    ),
)]
pub(crate) async fn add_conversation_members(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
    Json(request): Json<AddMembers>,
) -> Result<Json<Conversation>, Problem> {
    messaging.add_members(&viewer, id, &request.user_ids).await?;
    Ok(Json(messaging.conversation(&viewer, id).await?))
}

impl Messaging {
    async fn add_members(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        people: &[UserId],
    ) -> Result<(), MessagingError> {
        let people = parse_people("user_ids", people)?;
        let now = self.clock.now();
        let added = transaction!(&self.db, |tx| -> Result<(), MessagingError> {
            let (mut change, standing) = Change::begin(tx, &self.live, conversation, viewer.user, now).await?;
            change.require_group()?;
            require_admin(&standing)?;
            let list = people.iter().copied().collect();
            let present = store::members::present_among(tx, conversation, &list).await?;
            let new: Vec<UserId> = people.iter().copied().filter(|person| !present.contains(person)).collect();
            if new.is_empty() {
                return Err(MessagingError::Unchanged);
            }
            require_reachable(tx, viewer.user, "user_ids", &new).await?;
            change.record(tx, &ConversationEvent::MembersAdded { user_ids: new.clone() }).await?;
            change.add(tx, &new).await
        });
        match added {
            Err(MessagingError::Unchanged) => self.settled().await,
            other => other,
        }
    }
}
