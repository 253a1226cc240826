//! `POST /channels`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_http::{Caller, Idempotency, IdempotencyKeyHeader, Json, Problem};
use village_kernel::{ChannelId, Viewer};
use village_ports::Visibility;

use crate::channel::{Channel, ChannelRef, parse_description, parse_name, parse_slug};
use crate::{Posts, PostsError, store};

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChannel {
    /// The readable part of its address; never changes.
    #[schema(example = "preemies", pattern = "^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$")]
    pub slug: String,
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
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`slug_taken`"),
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
        let slug = parse_slug(&request.slug)?;
        let name = parse_name(&request.name)?;
        let description = parse_description(&request.description)?;
        let now = self.clock.now();
        let id = ChannelId::new(now);
        let channel = store::channels::NewRow {
            id,
            slug: &slug,
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
            if !store::channels::insert(tx, &channel).await? {
                return Err(PostsError::SlugTaken);
            }
            Ok(id)
        })?;
        self.channel(viewer, &ChannelRef::Id(created)).await
    }
}
