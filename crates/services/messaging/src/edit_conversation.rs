//! Changing a group's name and picture, and how long messages are kept.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize};
use village_db::{Tx, transaction};
use village_http::{Caller, Json, Path, Problem};
use village_kernel::{ConversationId, MediaId, UserId, Viewer};
use village_ports::MediaPurpose;

use crate::change::{Change, require_admin};
use crate::conversation::ConversationKind;
use crate::create_group::parse_name;
use crate::store::events;
use crate::{Conversation, ConversationEvent, MemberState, Messaging, MessagingError, store};

/// An hour to a year.
const RETENTION_SECONDS: std::ops::RangeInclusive<i64> = 3_600..=31_536_000;

/// Fields that are absent stay as they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EditConversation {
    #[schema(example = "Night shift", min_length = 1, max_length = 60)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An image of yours, uploaded with the purpose `avatar`; null removes the picture.
    #[schema(value_type = Option<MediaId>)]
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub picture_media_id: Option<Option<MediaId>>,
    /// Messages older than this many seconds are deleted for everybody; null keeps them.
    #[schema(value_type = Option<i64>, minimum = 3_600, maximum = 31_536_000)]
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub retention_seconds: Option<Option<i64>>,
}

/// Tells null from absent.
pub(crate) fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// Change a conversation
///
/// Groups: the owner and the admins. Direct conversations: either one, how long messages are kept only.
#[utoipa::path(
    patch, path = "/conversations/{id}", tag = "messaging", operation_id = "edit_conversation",
    params(("id" = ConversationId, Path, description = "The conversation.")),
    request_body = EditConversation,
    responses(
        (status = 200, description = "The conversation as it is now.", body = Conversation),
        (status = 403, description = "`not_an_admin`; of direct ones `cannot_send`, `request_pending`", body = Problem),
        (status = 404, description = "None that you take part in.", body = Problem),
        (status = 409, description = "`not_a_group`, `media_not_ready`", body = Problem),
        (status = 422, description = "A bad name, picture or time.", body = Problem),
    ),
)]
pub(crate) async fn edit_conversation(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
    Json(request): Json<EditConversation>,
) -> Result<Json<Conversation>, Problem> {
    messaging.edit(&viewer, id, request).await?;
    Ok(Json(messaging.conversation(&viewer, id).await?))
}

/// What one of the two decides also deletes what the other has said: so not across a block, and not before both have
/// agreed to talk.
async fn require_both(tx: &mut Tx, conversation: ConversationId, user: UserId) -> Result<(), MessagingError> {
    let standing = store::changes::standing(tx, conversation, user).await?.ok_or(MessagingError::NotFound)?;
    match standing {
        _ if standing.is_closed => Err(MessagingError::CannotSend),
        _ if standing.state != MemberState::Active => Err(MessagingError::REQUEST_UNANSWERED),
        _ if standing.is_unanswered => Err(MessagingError::REQUEST_PENDING),
        _ => Ok(()),
    }
}

impl Messaging {
    async fn edit(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        request: EditConversation,
    ) -> Result<(), MessagingError> {
        let name = request.name.as_deref().map(parse_name).transpose()?;
        if let Some(Some(seconds)) = request.retention_seconds
            && !RETENTION_SECONDS.contains(&seconds)
        {
            let message = "must be an hour to a year in seconds, or null".to_owned();
            return Err(MessagingError::Invalid { field: "retention_seconds", code: "out_of_range", message });
        }
        let now = self.clock.now();
        let edited = transaction!(&self.db, |tx| -> Result<(), MessagingError> {
            let (mut change, standing) = Change::begin(tx, &self.live, conversation, viewer.user, now).await?;
            match change.conversation().kind {
                ConversationKind::Group => require_admin(&standing)?,
                ConversationKind::Direct if name.is_none() && request.picture_media_id.is_none() => {
                    require_both(tx, conversation, viewer.user).await?;
                }
                ConversationKind::Direct | ConversationKind::Channel => return Err(MessagingError::NotAGroup),
            }
            let before = change.conversation().clone();
            let mut events = Vec::new();
            if let Some(name) = name.as_ref().filter(|name| before.name.as_ref() != Some(name)) {
                events::rename(tx, conversation, name).await?;
                events.push(ConversationEvent::Renamed { name: name.clone() });
            }
            if let Some(picture) = request.picture_media_id.filter(|picture| *picture != before.picture_media_id) {
                self.change_picture(tx, viewer.user, conversation, before.picture_media_id, picture).await?;
                events.push(ConversationEvent::PictureChanged);
            }
            if let Some(seconds) = request.retention_seconds.filter(|seconds| *seconds != before.retention_seconds) {
                events::set_retention(tx, conversation, seconds).await?;
                events.push(ConversationEvent::RetentionChanged { retention_seconds: seconds });
            }
            if events.is_empty() {
                return Err(MessagingError::Unchanged);
            }
            for event in &events {
                change.record(tx, event).await?;
            }
            Ok(())
        });
        match edited {
            Err(MessagingError::Unchanged) => self.settled().await,
            other => other,
        }
    }

    /// The image that was the picture belongs to nothing any more, so it is given up.
    async fn change_picture(
        &self,
        tx: &mut Tx,
        user: UserId,
        conversation: ConversationId,
        before: Option<MediaId>,
        picture: Option<MediaId>,
    ) -> Result<(), MessagingError> {
        if let Some(picture) = picture {
            let attached = self.media.attach(tx, user, MediaPurpose::Avatar, &[picture]).await;
            attached.map_err(MessagingError::picture)?;
        }
        events::set_picture(tx, conversation, picture).await?;
        if let Some(before) = before {
            self.media.release(tx, &[before]).await?;
        }
        Ok(())
    }
}
