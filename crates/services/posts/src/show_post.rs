//! `GET /posts/{id}`

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use village_http::{Caller, Path, Problem, Versioned};
use village_kernel::{PostId, Viewer};

use crate::post::Post;
use crate::{Posts, PostsError, access};

/// Read a post.
#[utoipa::path(
    get, path = "/posts/{id}", operation_id = "get_post", tag = "posts", params(("id" = PostId, Path)),
    responses(
        (status = 200, body = Post, headers(("ETag" = String, description = "Changes with the signed URLs too"))),
        (status = 304, description = "You have the newest version"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    )
)]
pub(crate) async fn get_post(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path(id): Path<PostId>,
    headers: HeaderMap,
) -> Result<Versioned<Post>, Problem> {
    Ok(Versioned::new(&headers, posts.post(&viewer, id).await?))
}

impl Posts {
    /// The post, if the viewer may see it now.
    pub async fn post(&self, viewer: &Viewer, id: PostId) -> Result<Post, PostsError> {
        let mut reader = self.db.reader().await?;
        let sights = access::visible_among(&mut reader, viewer, &[id]).await?;
        drop(reader);
        self.cards(viewer, sights).await?.pop().ok_or(PostsError::NotFound)
    }

    /// 404 unless the viewer may see the post now.
    pub(crate) async fn require_visible(&self, viewer: &Viewer, id: PostId) -> Result<(), PostsError> {
        let mut reader = self.db.reader().await?;
        access::author_if_visible(&mut reader, viewer, id).await?.map(|_| ()).ok_or(PostsError::NotFound)
    }
}
