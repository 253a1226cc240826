//! `POST /posts/{id}/comments`. Whoever sees a post may comment on it, in an open channel without joining.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_events::CommentAdded;
use village_http::{Caller, Idempotency, IdempotencyKeyHeader, Json, Path, Problem};
use village_kernel::text::multi_line;
use village_kernel::{CommentId, PostId, Viewer};

use crate::list_comments::Comment;
use crate::store::comments::CommentRow;
use crate::{Posts, PostsError, access, store};

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComment {
    #[schema(example = "We were at 29 weeks. It gets lighter, I promise.", min_length = 1, max_length = 2000)]
    pub body: String,
}

/// Comment on a post.
#[utoipa::path(
    post, path = "/posts/{id}/comments", operation_id = "add_comment", tag = "posts",
    params(("id" = PostId, Path), IdempotencyKeyHeader), request_body = NewComment,
    responses(
        (status = 201, body = Comment),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`invalid_request`"),
    )
)]
pub(crate) async fn add_comment(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path(id): Path<PostId>,
    idempotency: Idempotency,
    Json(request): Json<NewComment>,
) -> Result<(StatusCode, Json<Comment>), Problem> {
    Ok((StatusCode::CREATED, Json(posts.add_comment(&viewer, id, &idempotency, &request).await?)))
}

impl Posts {
    pub async fn add_comment(
        &self,
        viewer: &Viewer,
        post: PostId,
        idempotency: &Idempotency,
        request: &NewComment,
    ) -> Result<Comment, PostsError> {
        let body = multi_line(&request.body, 1, 2_000).map_err(|error| PostsError::text("body", error))?;
        let now = self.clock.now();
        let row = CommentRow {
            comment_id: CommentId::new(now),
            post_id: post,
            author_id: viewer.user,
            body,
            created_at: now,
        };
        let added = transaction!(&self.db, |tx| -> Result<CommentId, PostsError> {
            if let Some(made) = idempotency.claim(tx, viewer.user, request, row.comment_id, now).await? {
                return Ok(CommentId(made));
            }
            let post_author_id = access::author_if_visible(tx, viewer, post).await?.ok_or(PostsError::NotFound)?;
            if !store::comments::insert(tx, &row).await? {
                return Err(PostsError::NotFound);
            }
            let event =
                CommentAdded { comment_id: row.comment_id, post_id: post, author_id: viewer.user, post_author_id };
            self.outbox.publish(tx, &event).await?;
            Ok(row.comment_id)
        })?;
        self.comment(viewer, post, added).await
    }
}
