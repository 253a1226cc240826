//! `DELETE /posts/{id}`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use village_db::transaction;
use village_events::PostDeleted;
use village_http::{Caller, Path, Problem};
use village_kernel::{PostId, Viewer};
use village_live::{Hint, Topic};

use crate::{Posts, PostsError, access, store};

/// Delete a post: yours, one in a channel you own, or any when you moderate the community.
#[utoipa::path(
    delete, path = "/posts/{id}", operation_id = "delete_post", tag = "posts", params(("id" = PostId, Path)),
    responses(
        (status = 204, description = "Deleted; its words and images are gone"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "`cannot_delete`"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    )
)]
pub(crate) async fn delete_post(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path(id): Path<PostId>,
) -> Result<StatusCode, Problem> {
    posts.delete_post(&viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Posts {
    pub async fn delete_post(&self, viewer: &Viewer, id: PostId) -> Result<(), PostsError> {
        let now = self.clock.now();
        transaction!(&self.db, |tx| -> Result<(), PostsError> {
            let Some(post) = store::posts::find_header(tx, id).await?.filter(|post| post.deleted_at.is_none()) else {
                return Err(PostsError::NotFound);
            };
            if !post.may_be_removed_by(viewer) {
                let visible = access::author_if_visible(tx, viewer, id).await?.is_some();
                return Err(if visible { PostsError::CannotDelete } else { PostsError::NotFound });
            }
            let media = store::posts::erase(tx, id, now).await?.ok_or(PostsError::NotFound)?;
            if !media.is_empty() {
                self.media.release(tx, &media).await?;
            }
            let event = PostDeleted { post_id: id, author_id: post.author_id, channel_id: post.channel_id };
            self.outbox.publish(tx, &event).await?;
            let (live, contents) = (self.live.clone(), self.contents.clone());
            tx.after_commit(move || {
                contents.forget(id);
                live.publish(Hint::new(Topic::Post, id));
            });
            Ok(())
        })
    }
}

impl store::posts::Header {
    /// Its author, the owner of its channel, and those who moderate the community. A block does not protect a post
    /// from them, and leaving a channel does not take a person's own words out of their hands.
    pub(crate) fn may_be_removed_by(&self, viewer: &Viewer) -> bool {
        self.author_id == viewer.user || self.channel_owner_id == Some(viewer.user) || viewer.role.moderates()
    }
}
