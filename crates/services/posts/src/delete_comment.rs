//! `DELETE /posts/{id}/comments/{comment_id}`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use village_db::transaction;
use village_events::CommentDeleted;
use village_http::{Caller, Path, Problem};
use village_kernel::{CommentId, PostId, Viewer};

use crate::{Posts, PostsError, access, store};

/// Delete a comment: yours, one under your post, in a channel you own, or any when you moderate the community.
#[utoipa::path(
    delete, path = "/posts/{id}/comments/{comment_id}", operation_id = "delete_comment", tag = "posts",
    params(("id" = PostId, Path), ("comment_id" = CommentId, Path)),
    responses(
        (status = 204, description = "Deleted; its words are gone"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "`cannot_delete`"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    )
)]
pub(crate) async fn delete_comment(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path((post, comment)): Path<(PostId, CommentId)>,
) -> Result<StatusCode, Problem> {
    posts.delete_comment(&viewer, post, comment).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Posts {
    pub async fn delete_comment(&self, viewer: &Viewer, post: PostId, id: CommentId) -> Result<(), PostsError> {
        let now = self.clock.now();
        transaction!(&self.db, |tx| -> Result<(), PostsError> {
            let header = store::posts::find_header(tx, post).await?.filter(|post| post.deleted_at.is_none());
            let author = store::comments::find_author(tx, post, id).await?;
            let (Some(header), Some(author)) = (header, author) else { return Err(PostsError::NotFound) };
            if author != viewer.user && !header.may_be_removed_by(viewer) {
                let visible = access::author_if_visible(tx, viewer, post).await?.is_some()
                    && store::comments::find(tx, viewer, post, id).await?.is_some();
                return Err(if visible { PostsError::CannotDelete } else { PostsError::NotFound });
            }
            if store::comments::erase(tx, post, id, now).await? {
                let post_author_id = header.author_id;
                let event = CommentDeleted { comment_id: id, post_id: post, author_id: author, post_author_id };
                self.outbox.publish(tx, &event).await?;
            }
            Ok(())
        })
    }
}
