//! `POST /posts`

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use village_db::{Tx, transaction};
use village_events::PostPublished;
use village_http::{Caller, Idempotency, IdempotencyKeyHeader, Json, Problem};
use village_kernel::{ChannelId, MediaId, PostId, Viewer};
use village_ports::{MediaPurpose, Visibility};

use crate::channel::ChannelRef;
use crate::post::{MAX_IMAGES, Post, parse_alt, parse_body};
use crate::{Posts, PostsError, store};

#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPost {
    /// Where it goes; null or absent: to your followers.
    #[serde(default)]
    pub channel_id: Option<ChannelId>,
    /// May be empty when there are images.
    #[serde(default)]
    #[schema(example = "Home at last, after 61 days. Thank you all for every answer at 3 a.m.", max_length = 5000)]
    pub body: String,
    #[serde(default)]
    #[schema(max_items = 10)]
    pub media: Vec<NewPostMedia>,
}

/// An image of yours that is `ready` and was uploaded for a post.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPostMedia {
    pub media_id: MediaId,
    /// What a person who cannot see it should know.
    #[serde(default)]
    #[schema(example = "A newborn asleep in a car seat, wearing a yellow hat", max_length = 500)]
    pub alt: String,
}

/// Publish a post, to a channel you are a member of or to your followers.
#[utoipa::path(
    post, path = "/posts", operation_id = "publish_post", tag = "posts",
    params(IdempotencyKeyHeader), request_body = NewPost,
    responses(
        (status = 201, body = Post),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "`not_a_member`"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`: the channel"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`media_not_ready`"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`invalid_request`"),
    )
)]
pub(crate) async fn publish_post(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    idempotency: Idempotency,
    Json(request): Json<NewPost>,
) -> Result<(StatusCode, Json<Post>), Problem> {
    Ok((StatusCode::CREATED, Json(posts.publish(&viewer, &idempotency, &request).await?)))
}

impl Posts {
    pub async fn publish(
        &self,
        viewer: &Viewer,
        idempotency: &Idempotency,
        request: &NewPost,
    ) -> Result<Post, PostsError> {
        let body = parse_body(&request.body)?;
        let media = parse_media(&request.media)?;
        if body.is_empty() && media.is_empty() {
            return Err(PostsError::field("body", "empty", "is empty; write something or add an image"));
        }
        let images: Vec<MediaId> = media.iter().map(|(id, _)| *id).collect();
        let now = self.clock.now();
        let id = PostId::new(now);
        let channel = request.channel_id;
        let published = transaction!(&self.db, |tx| -> Result<PostId, PostsError> {
            if let Some(made) = idempotency.claim(tx, viewer.user, request, id, now).await? {
                return Ok(PostId(made));
            }
            if let Some(channel) = channel {
                require_membership(tx, viewer, channel).await?;
            }
            if !images.is_empty() {
                self.media.attach(tx, viewer.user, MediaPurpose::Post, &images).await?;
            }
            let row =
                store::posts::NewRow { id, author: viewer.user, channel, body: &body, media: &media, created_at: now };
            store::posts::insert(tx, &row).await?;
            // Everybody else gets it by the event; the author wants to see it at once.
            store::timelines::add_own(tx, id, viewer.user).await?;
            self.outbox
                .publish(tx, &PostPublished { post_id: id, author_id: viewer.user, channel_id: channel })
                .await?;
            Ok(id)
        })?;
        self.post(viewer, published).await
    }
}

/// At most 10 images, none twice, each with what stands for it.
fn parse_media(media: &[NewPostMedia]) -> Result<Vec<(MediaId, String)>, PostsError> {
    if media.len() > MAX_IMAGES {
        return Err(PostsError::field("media", "too_many", format!("has more than {MAX_IMAGES} images")));
    }
    let mut seen = HashSet::new();
    media
        .iter()
        .enumerate()
        .map(|(position, item)| {
            if !seen.insert(item.media_id) {
                return Err(PostsError::field(format!("media[{position}].media_id"), "duplicate", "is there twice"));
            }
            Ok((item.media_id, parse_alt(position, &item.alt)?))
        })
        .collect()
}

/// An open channel one has not joined says so; a private one answers as if it were not there.
async fn require_membership(tx: &mut Tx, viewer: &Viewer, channel: ChannelId) -> Result<(), PostsError> {
    match store::channels::find(tx, viewer, &ChannelRef::Id(channel)).await? {
        Some(channel) if channel.is_joined() => Ok(()),
        Some(channel) if channel.visibility == Visibility::Open => Err(PostsError::NotAMember),
        _ => Err(PostsError::NotFound),
    }
}
