//! `PUT /posts/{id}/like`, `DELETE /posts/{id}/like`, `GET /posts/{id}/likes`. Whoever sees a post may like it.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_events::{PostLiked, PostUnliked};
use village_http::{Caller, Json, PageQuery, Path, Problem};
use village_kernel::{Instant, Limit, Page, PostId, UserId, Viewer};
use village_ports::UserSummary;

use crate::store::likes::Liked;
use crate::{Posts, PostsError, access, store};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LikeState {
    /// Whether you like it.
    pub liked: bool,
    /// As many as `GET /posts/{id}/likes` lists for you.
    #[schema(example = 12)]
    pub like_count: i64,
}

/// Like a post. Its author hears of it the first time only.
#[utoipa::path(
    put, path = "/posts/{id}/like", operation_id = "like_post", tag = "posts", params(("id" = PostId, Path)),
    responses(
        (status = 200, body = LikeState),
        (status = 404, body = Problem, description = "`not_found`"),
    )
)]
pub(crate) async fn like_post(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path(id): Path<PostId>,
) -> Result<Json<LikeState>, Problem> {
    Ok(Json(posts.like(&viewer, id).await?))
}

/// Take a like back.
#[utoipa::path(
    delete, path = "/posts/{id}/like", operation_id = "unlike_post", tag = "posts", params(("id" = PostId, Path)),
    responses(
        (status = 200, body = LikeState),
        (status = 404, body = Problem, description = "`not_found`"),
    )
)]
pub(crate) async fn unlike_post(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path(id): Path<PostId>,
) -> Result<Json<LikeState>, Problem> {
    Ok(Json(posts.unlike(&viewer, id).await?))
}

/// List who likes a post, newest first.
#[utoipa::path(
    get, path = "/posts/{id}/likes", operation_id = "list_likes", tag = "posts",
    params(("id" = PostId, Path), PageQuery),
    responses(
        (status = 200, body = Page<UserSummary>),
        (status = 404, body = Problem, description = "`not_found`"),
    )
)]
pub(crate) async fn list_likes(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path(id): Path<PostId>,
    page: PageQuery,
) -> Result<Json<Page<UserSummary>>, Problem> {
    Ok(Json(posts.list_likes(&viewer, id, page.after()?, page.limit).await?))
}

impl Posts {
    pub async fn like(&self, viewer: &Viewer, post: PostId) -> Result<LikeState, PostsError> {
        let now = self.clock.now();
        transaction!(&self.db, |tx| -> Result<LikeState, PostsError> {
            let author = access::author_if_visible(tx, viewer, post).await?.ok_or(PostsError::NotFound)?;
            let change = store::likes::like(tx, post, viewer.user, now).await?;
            if change == Liked::First {
                let event = PostLiked { post_id: post, liker_id: viewer.user, post_author_id: author };
                self.outbox.publish(tx, &event).await?;
            }
            if change != Liked::Already && !store::likes::count(tx, post, 1).await? {
                return Err(PostsError::NotFound);
            }
            Ok(LikeState { liked: true, like_count: store::shown::like_count(tx, viewer, post).await? })
        })
    }

    pub async fn unlike(&self, viewer: &Viewer, post: PostId) -> Result<LikeState, PostsError> {
        transaction!(&self.db, |tx| -> Result<LikeState, PostsError> {
            let author = access::author_if_visible(tx, viewer, post).await?.ok_or(PostsError::NotFound)?;
            if store::likes::unlike(tx, post, viewer.user).await? {
                let event = PostUnliked { post_id: post, liker_id: viewer.user, post_author_id: author };
                self.outbox.publish(tx, &event).await?;
                if !store::likes::count(tx, post, -1).await? {
                    return Err(PostsError::NotFound);
                }
            }
            Ok(LikeState { liked: false, like_count: store::shown::like_count(tx, viewer, post).await? })
        })
    }

    pub async fn list_likes(
        &self,
        viewer: &Viewer,
        post: PostId,
        before: Option<(Instant, UserId)>,
        limit: Limit,
    ) -> Result<Page<UserSummary>, PostsError> {
        self.require_visible(viewer, post).await?;
        let mut reader = self.db.reader().await?;
        let rows = store::likes::page(&mut reader, viewer, post, before, limit.fetch()).await?;
        drop(reader);
        let page = Page::from_rows(rows, limit, |like| (like.liked_at, like.user_id));
        let ids: Vec<UserId> = page.items.iter().map(|like| like.user_id).collect();
        let mut people = self.profiles.summaries(viewer, &ids).await?;
        Ok(Page { items: ids.iter().filter_map(|id| people.remove(id)).collect(), next: page.next })
    }
}
