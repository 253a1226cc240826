//! The link by which people come into a group by themselves.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use village_db::transaction;
use village_http::{Caller, Json, Path, Problem, SecurityEvent};
use village_kernel::code::typed_code;
use village_kernel::secret::{random, sha256};
use village_kernel::{ConversationId, Instant, Viewer};
use village_ports::Image;

use crate::change::{Change, require_admin};
use crate::conversation::ConversationKind;
use crate::store::links::{self, Link};
use crate::{Conversation, ConversationEvent, MemberRole, MemberState, Messaging, MessagingError, store};

const DEFAULT_LIFE: Duration = Duration::from_secs(7 * 86_400);
const MAX_LIFE: Duration = Duration::from_secs(30 * 86_400);
/// Anything longer is no code of ours, whatever spaces are in it.
const MAX_CODE_BYTES: usize = 256;

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CreateLink {
    /// At most 30 days; 7 when absent.
    #[schema(example = 86_400, minimum = 1, maximum = 2_592_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_seconds: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ConversationLink {
    /// Shown this once: the server keeps only its hash.
    #[schema(example = "5f2c8e0a9b7d4c31a6e0f2d4b8c61e97")]
    pub code: String,
    #[schema(example = "https://village.example/chat/join#5f2c8e0a9b7d4c31a6e0f2d4b8c61e97")]
    pub url: String,
    pub expires_at: Instant,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkCode {
    #[schema(max_length = 64, example = "5f2c8e0a9b7d4c31a6e0f2d4b8c61e97")]
    pub code: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct LinkPreview {
    pub conversation_id: ConversationId,
    #[schema(example = "Night shift")]
    pub name: Option<String>,
    pub picture: Option<Image>,
    #[schema(example = 12)]
    pub member_count: i64,
    /// Whether you take part already.
    pub is_member: bool,
}

/// Make a link into a group
///
/// The owner and the admins. A new one replaces the old one, which then leads nowhere.
#[utoipa::path(
    post, path = "/conversations/{id}/link", tag = "messaging", operation_id = "create_conversation_link",
    params(("id" = ConversationId, Path, description = "The group.")),
    request_body = CreateLink,
    responses(
        (status = 201, description = "The link.", body = ConversationLink),
        (status = 403, description = "`not_an_admin`", body = Problem),
        (status = 404, description = "None that you take part in.", body = Problem),
        (status = 409, description = "`not_a_group`", body = Problem),
        (status = 422, description = "A life of more than 30 days.", body = Problem),
    ),
)]
pub(crate) async fn create_conversation_link(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
    Json(request): Json<CreateLink>,
) -> Result<(StatusCode, Json<ConversationLink>), Problem> {
    Ok((StatusCode::CREATED, Json(messaging.create_link(&viewer, id, request).await?)))
}

/// Revoke the link into a group
#[utoipa::path(
    delete, path = "/conversations/{id}/link", tag = "messaging", operation_id = "revoke_conversation_link",
    params(("id" = ConversationId, Path, description = "The group.")),
    responses(
        (status = 204, description = "There is none, also if there was none before."),
        (status = 403, description = "`not_an_admin`", body = Problem),
        (status = 404, description = "None that you take part in.", body = Problem),
        (status = 409, description = "`not_a_group`", body = Problem),
    ),
)]
pub(crate) async fn revoke_conversation_link(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
) -> Result<StatusCode, Problem> {
    transaction!(&messaging.db, |tx| -> Result<(), MessagingError> {
        require_admin_of_group(tx, &viewer, id).await?;
        links::delete(tx, id).await?;
        Ok(())
    })?;
    SecurityEvent::new("group_link_revoked").by(viewer.user).subject(id.0).log();
    Ok(StatusCode::NO_CONTENT)
}

/// Look where a link leads
#[utoipa::path(
    post, path = "/conversations/links/preview", tag = "messaging", operation_id = "preview_conversation_link",
    request_body = LinkCode,
    responses(
        (status = 200, description = "The group.", body = LinkPreview),
        (status = 404, description = "Unknown, expired, replaced or revoked.", body = Problem),
        (status = 429, description = "Too many codes that lead nowhere.", body = Problem),
    ),
)]
pub(crate) async fn preview_conversation_link(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Json(request): Json<LinkCode>,
) -> Result<Json<LinkPreview>, Problem> {
    Ok(Json(messaging.preview_link(&viewer, &request.code).await?))
}

/// Join a group by its link
///
/// Whoever takes part already just gets the group. Whom an admin has removed an admin has to add again.
#[utoipa::path(
    post, path = "/conversations/links/join", tag = "messaging", operation_id = "join_conversation_by_link",
    request_body = LinkCode,
    responses(
        (status = 200, description = "The group with you in it.", body = Conversation),
        (status = 403, description = "`removed`", body = Problem),
        (status = 404, description = "Unknown, expired, replaced or revoked.", body = Problem),
        (status = 409, description = "`conversation_full`", body = Problem),
        (status = 429, description = "Too many codes that lead nowhere.", body = Problem),
    ),
)]
pub(crate) async fn join_conversation_by_link(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Json(request): Json<LinkCode>,
) -> Result<Json<Conversation>, Problem> {
    Ok(Json(messaging.join_by_link(&viewer, &request.code).await?))
}

/// Under the lock of the conversation, so that nobody loses the role meanwhile.
async fn require_admin_of_group(
    tx: &mut village_db::Tx,
    viewer: &Viewer,
    conversation: ConversationId,
) -> Result<(), MessagingError> {
    store::changes::lock(tx, conversation, viewer.user).await?;
    let standing = store::members::standing(tx, conversation, viewer.user).await?.ok_or(MessagingError::NotFound)?;
    if store::conversations::kind(tx, conversation).await? != ConversationKind::Group {
        return Err(MessagingError::NotAGroup);
    }
    require_admin(&standing)
}

/// Codes are hexadecimal: spaces, dashes and case that came with copying mean nothing.
fn hash(code: &str) -> Vec<u8> {
    sha256(typed_code(code).as_bytes()).to_vec()
}

impl Messaging {
    async fn create_link(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        request: CreateLink,
    ) -> Result<ConversationLink, MessagingError> {
        let life = request.expires_in_seconds.unwrap_or(DEFAULT_LIFE.as_secs() as i64);
        if !(1..=MAX_LIFE.as_secs() as i64).contains(&life) {
            let message = "must be at most 30 days in seconds".to_owned();
            return Err(MessagingError::Invalid { field: "expires_in_seconds", code: "out_of_range", message });
        }
        let now = self.clock.now();
        let expires_at = now.plus_secs(life);
        // 128 random bits.
        let code = Uuid::from_bytes(random()).simple().to_string();
        let hash = hash(&code);
        transaction!(&self.db, |tx| -> Result<(), MessagingError> {
            require_admin_of_group(tx, viewer, conversation).await?;
            links::replace(tx, conversation, &hash, viewer.user, now, expires_at).await?;
            Ok(())
        })?;
        SecurityEvent::new("group_link_made").by(viewer.user).subject(conversation.0).log();
        // Behind the `#`: browsers send that to nobody.
        let url = format!("{}/chat/join#{code}", self.settings.public_origin);
        Ok(ConversationLink { code, url, expires_at })
    }

    async fn preview_link(&self, viewer: &Viewer, code: &str) -> Result<LinkPreview, MessagingError> {
        let link = self.link(viewer, code).await?;
        let mut reader = self.db.reader().await?;
        let is_member = store::members::standing(&mut reader, link.conversation_id, viewer.user).await?.is_some();
        drop(reader);
        let picture = match link.picture_media_id {
            Some(media) => self.media.images(&[media]).await?.remove(&media),
            None => None,
        };
        let Link { conversation_id, name, member_count, .. } = link;
        Ok(LinkPreview { conversation_id, name, picture, member_count, is_member })
    }

    async fn join_by_link(&self, viewer: &Viewer, code: &str) -> Result<Conversation, MessagingError> {
        let link = self.link(viewer, code).await?;
        let id = link.conversation_id;
        let now = self.clock.now();
        let hash = hash(code);
        let joined = transaction!(&self.db, |tx| -> Result<(), MessagingError> {
            let mut change = Change::begin_from_outside(tx, &self.live, id, viewer.user, now).await?;
            // Looked at again under the lock: it may have been revoked in this moment.
            links::find(tx, &hash, now).await?.ok_or(MessagingError::NotFound)?;
            match store::members::standing(tx, id, viewer.user).await? {
                Some(standing) if standing.state == MemberState::Active => Err(MessagingError::Unchanged),
                Some(_) => {
                    change.record(tx, &ConversationEvent::MemberJoined).await?;
                    self.activate(tx, id, viewer.user).await.map(drop)
                }
                None if store::members::was_removed(tx, id, viewer.user).await? => Err(MessagingError::REMOVED),
                None => {
                    change.record(tx, &ConversationEvent::MemberJoined).await?;
                    change.enter(tx, MemberRole::Member).await
                }
            }
        });
        match joined {
            Ok(()) => {}
            Err(MessagingError::Unchanged) => self.settled().await?,
            Err(error) => return Err(error),
        }
        self.conversation(viewer, id).await
    }

    /// Where the code leads. Codes that lead nowhere are counted, so that nobody can try many.
    async fn link(&self, viewer: &Viewer, code: &str) -> Result<Link, MessagingError> {
        let now = self.clock.now();
        self.guesses.check(viewer.user, now).map_err(MessagingError::TooManyGuesses)?;
        let found = match code.len() <= MAX_CODE_BYTES {
            true => links::find(&mut self.db.reader().await?, &hash(code), now).await?,
            false => None,
        };
        found.ok_or_else(|| {
            self.guesses.count(viewer.user, now);
            SecurityEvent::new("group_link_refused").user(viewer.user).log();
            MessagingError::NotFound
        })
    }
}
