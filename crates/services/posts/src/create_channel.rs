//! `POST /channels`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use village_db::{Tx, transaction};
use village_http::{Caller, Idempotency, IdempotencyKeyHeader, Json, Problem};
use village_kernel::{ChannelId, Viewer};
use village_ports::Visibility;

use crate::channel::{Channel, ChannelRef, parse_description, parse_name};
use crate::slug::{from_name, parse_slug, with_ending};
use crate::{Posts, PostsError, store};

/// How often another random ending is tried. One that exists is met once in hundreds of millions.
const ENDINGS: usize = 3;

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChannel {
    /// The readable part of its address; never changes. Absent: made from the name, whatever its script. That of a private
    /// channel gets a random ending, so the answer says what it has become.
    #[serde(default)]
    #[schema(example = "preemies", min_length = 2, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$")]
    pub slug: Option<String>,
    #[schema(example = "Preemies", min_length = 1, max_length = 60)]
    pub name: String,
    #[serde(default)]
    #[schema(example = "Born too soon: questions, hope, and company at night.", max_length = 500)]
    pub description: String,
    pub visibility: Visibility,
}

/// Create a channel. You own it and are its first member.
#[utoipa::path(
    post, path = "/channels", operation_id = "create_channel", tag = "posts",
    params(IdempotencyKeyHeader), request_body = NewChannel,
    responses(
        (status = 201, body = Channel),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`slug_taken`: by a channel that you may know of"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`invalid_request`"),
    )
)]
pub(crate) async fn create_channel(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    idempotency: Idempotency,
    Json(request): Json<NewChannel>,
) -> Result<(StatusCode, Json<Channel>), Problem> {
    Ok((StatusCode::CREATED, Json(posts.create_channel(&viewer, &idempotency, &request).await?)))
}

impl Posts {
    pub async fn create_channel(
        &self,
        viewer: &Viewer,
        idempotency: &Idempotency,
        request: &NewChannel,
    ) -> Result<Channel, PostsError> {
        let asked = request.slug.as_deref().map(parse_slug).transpose()?;
        let name = parse_name(&request.name)?;
        let description = parse_description(&request.description)?;
        let now = self.clock.now();
        let id = ChannelId::new(now);
        let channel = store::channels::NewRow {
            id,
            slug: "",
            name: &name,
            description: &description,
            visibility: request.visibility,
            owner: viewer.user,
            created_at: now,
        };
        let created = transaction!(&self.db, |tx| -> Result<ChannelId, PostsError> {
            if let Some(made) = idempotency.claim(tx, viewer.user, request, id, now).await? {
                return Ok(ChannelId(made));
            }
            insert_under_a_free_slug(tx, viewer, &channel, asked.as_deref()).await?;
            Ok(id)
        })?;
        self.channel(viewer, &ChannelRef::Id(created)).await
    }
}

/// A channel that the viewer may not know of must not show in the answer. A private channel therefore always has a
/// random ending, and an open one whose slug is held by something hidden gets one instead of an error; both look the
/// same whatever hidden channels there are.
async fn insert_under_a_free_slug(
    tx: &mut Tx,
    viewer: &Viewer,
    channel: &store::channels::NewRow<'_>,
    asked: Option<&str>,
) -> Result<(), PostsError> {
    let wanted = asked.map_or_else(|| from_name(channel.name), str::to_owned);
    if channel.visibility == Visibility::Open {
        if store::channels::insert(tx, &store::channels::NewRow { slug: &wanted, ..*channel }).await? {
            return Ok(());
        }
        let holder = ChannelRef::Slug(wanted.clone());
        if asked.is_some() && store::channels::find(tx, viewer, &holder).await?.is_some() {
            return Err(PostsError::SlugTaken);
        }
    }
    for _ in 0..ENDINGS {
        let slug = with_ending(&wanted);
        if store::channels::insert(tx, &store::channels::NewRow { slug: &slug, ..*channel }).await? {
            return Ok(());
        }
    }
    Err(PostsError::SlugTaken)
}
