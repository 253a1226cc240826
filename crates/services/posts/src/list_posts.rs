//! `GET /posts?author_id=`, `GET /channels/{id}/posts`

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use village_http::{Caller, Json, PageQuery, Path, Problem, Query};
use village_kernel::{Limit, Page, PostId, UserId, Viewer};

use crate::channel::ChannelRef;
use crate::feed::Source;
use crate::post::Post;
use crate::{Posts, PostsError};

#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PersonPostsQuery {
    /// Whose posts.
    author_id: UserId,
}

/// List a person's posts that you may see, newest first. Of somebody you do not see, or who does not exist, there
/// are none.
#[utoipa::path(
    get, path = "/posts", operation_id = "list_person_posts", tag = "posts", params(PersonPostsQuery, PageQuery),
    responses(
        (status = 200, body = Page<Post>, description = "A page may hold fewer than `limit` and still have a `next`"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`invalid_query`"),
    )
)]
pub(crate) async fn list_person_posts(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Query(query): Query<PersonPostsQuery>,
    page: PageQuery,
) -> Result<Json<Page<Post>>, Problem> {
    Ok(Json(posts.person_posts(&viewer, query.author_id, page.after()?, page.limit).await?))
}

/// List the posts of a channel, newest first: of an open one for everybody, of a private one for members.
#[utoipa::path(
    get, path = "/channels/{id}/posts", operation_id = "list_channel_posts", tag = "posts",
    params(("id" = String, Path, description = "Id or slug", example = "preemies", max_length = 40), PageQuery),
    responses(
        (status = 200, body = Page<Post>, description = "A page may hold fewer than `limit` and still have a `next`"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    )
)]
pub(crate) async fn list_channel_posts(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path(id): Path<String>,
    page: PageQuery,
) -> Result<Json<Page<Post>>, Problem> {
    Ok(Json(posts.channel_posts(&viewer, &id, page.after()?, page.limit).await?))
}

impl Posts {
    pub async fn person_posts(
        &self,
        viewer: &Viewer,
        author: UserId,
        before: Option<PostId>,
        limit: Limit,
    ) -> Result<Page<Post>, PostsError> {
        self.posts_of(viewer, Source::Author(author), before, limit).await
    }

    pub async fn channel_posts(
        &self,
        viewer: &Viewer,
        channel: &str,
        before: Option<PostId>,
        limit: Limit,
    ) -> Result<Page<Post>, PostsError> {
        let channel = self.readable_channel(viewer, &ChannelRef::parse(channel)?).await?;
        self.posts_of(viewer, Source::Channel(channel.id), before, limit).await
    }
}
