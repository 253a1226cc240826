//! Creating a group.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use village_db::{Tx, transaction};
use village_http::{Caller, Idempotency, IdempotencyKeyHeader, Json, Problem};
use village_kernel::text;
use village_kernel::{ConversationId, Instant, MediaId, UserId, Viewer};
use village_ports::MediaPurpose;

use crate::change::Change;
use crate::conversation::ConversationKind;
use crate::store::conversations::NewGroup;
use crate::store::events::Taken;
use crate::store::members::NewMember;
use crate::{Conversation, ConversationEvent, MemberRole, MemberState, Messaging, MessagingError, store};

/// People added at once, at most.
pub(crate) const MAX_ADDED: usize = 100;
const MAX_NAME_CHARACTERS: usize = 60;

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateGroup {
    #[schema(example = "Night shift", min_length = 1, max_length = 60)]
    pub name: String,
    /// The others, 1 to 100. Those who do not follow you are asked first.
    #[schema(min_items = 1, max_items = 100)]
    pub member_ids: Vec<UserId>,
    /// An image of yours, uploaded with the purpose `avatar`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture_media_id: Option<MediaId>,
}

/// Create a group
///
/// You own it. More people can be added later.
#[utoipa::path(
    post, path = "/conversations/groups", tag = "messaging", operation_id = "create_group",
    params(IdempotencyKeyHeader), request_body = CreateGroup,
    responses(
        (status = 201, description = "The group.", body = Conversation),
        (status = 409, description = "`media_not_ready`", body = Problem),
        (status = 422, description = "A bad name, or somebody who does not exist (`not_found`).", body = Problem),
    ),
)]
pub(crate) async fn create_group(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    idempotency: Idempotency,
    Json(request): Json<CreateGroup>,
) -> Result<(StatusCode, Json<Conversation>), Problem> {
    Ok((StatusCode::CREATED, Json(messaging.create_group(&viewer, &idempotency, &request).await?)))
}

pub(crate) fn parse_name(name: &str) -> Result<String, MessagingError> {
    text::name(name, MAX_NAME_CHARACTERS).map_err(|error| MessagingError::text("name", &error))
}

/// 1 to [`MAX_ADDED`] people, each once.
pub(crate) fn parse_people(field: &'static str, people: &[UserId]) -> Result<Vec<UserId>, MessagingError> {
    let people: BTreeSet<UserId> = people.iter().copied().collect();
    if people.is_empty() || people.len() > MAX_ADDED {
        let message = format!("must name 1 to {MAX_ADDED} people");
        return Err(MessagingError::Invalid { field, code: "out_of_range", message });
    }
    Ok(people.into_iter().collect())
}

/// That all of `people` are there for `user`: they exist, are not suspended, and no block stands between.
pub(crate) async fn require_reachable(
    tx: &mut Tx,
    user: UserId,
    field: &'static str,
    people: &[UserId],
) -> Result<(), MessagingError> {
    let list = people.iter().copied().collect();
    match store::conversations::reachable_among(tx, user, &list).await?.len() == people.len() {
        true => Ok(()),
        false => Err(MessagingError::unknown_people(field)),
    }
}

impl Messaging {
    async fn create_group(
        &self,
        viewer: &Viewer,
        idempotency: &Idempotency,
        request: &CreateGroup,
    ) -> Result<Conversation, MessagingError> {
        let name = parse_name(&request.name)?;
        let others = parse_people("member_ids", &request.member_ids)?;
        if others.contains(&viewer.user) {
            let message = "names yourself; you are in it anyway".to_owned();
            return Err(MessagingError::Invalid { field: "member_ids", code: "invalid", message });
        }
        let now = self.clock.now();
        let draft = ConversationId::new(now);
        let id = transaction!(&self.db, |tx| -> Result<ConversationId, MessagingError> {
            if let Some(made) = idempotency.claim(tx, viewer.user, request, draft, now).await? {
                return Ok(ConversationId(made));
            }
            let group = NewGroup {
                id: draft,
                name: &name,
                picture: request.picture_media_id,
                member_count: others.len() as i64 + 1,
                created_at: now,
            };
            self.insert_group(tx, viewer.user, &group, &others, now).await?;
            Ok(draft)
        })?;
        self.conversation(viewer, id).await
    }

    async fn insert_group(
        &self,
        tx: &mut Tx,
        owner: UserId,
        group: &NewGroup<'_>,
        others: &[UserId],
        now: Instant,
    ) -> Result<(), MessagingError> {
        require_reachable(tx, owner, "member_ids", others).await?;
        store::conversations::insert_group(tx, group).await?;
        if let Some(picture) = group.picture {
            let attached = self.media.attach(tx, owner, MediaPurpose::Avatar, &[picture]).await;
            attached.map_err(MessagingError::picture)?;
        }
        let taken = Taken {
            id: group.id,
            kind: ConversationKind::Group,
            last_seq: 1,
            message_count: 0,
            name: Some(group.name.to_owned()),
            picture_media_id: group.picture,
            retention_seconds: None,
        };
        let mut change = Change::first(taken, &self.live, owner, now);
        change.record(tx, &ConversationEvent::Created).await?;
        let mut everybody = others.to_vec();
        everybody.push(owner);
        change.advance(tx, &everybody).await?;
        let taken = change.conversation();
        let first = NewMember { user: owner, role: MemberRole::Owner, state: MemberState::Active, added_by: None };
        store::members::join(tx, taken, &first).await?;
        store::members::join_all(tx, taken, &others.iter().copied().collect(), owner).await?;
        Ok(())
    }
}
