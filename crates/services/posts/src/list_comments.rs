//! `GET /posts/{id}/comments`

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_http::{Caller, Json, PageQuery, Path, Problem};
use village_kernel::{CommentId, Instant, Limit, Page, PostId, UserId, Viewer};
use village_ports::UserSummary;

use crate::store::comments::CommentRow;
use crate::{Posts, PostsError, access, store};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Comment {
    pub id: CommentId,
    pub post_id: PostId,
    pub author: UserSummary,
    #[schema(example = "We were at 29 weeks. It gets lighter, I promise.", max_length = 2000)]
    pub body: String,
    /// Whether you may delete it: yours, under your post, in a channel you own, or because you moderate.
    pub can_delete: bool,
    pub created_at: Instant,
}

/// List the comments on a post, oldest first. Those of people whom you do not see are left out.
#[utoipa::path(
    get, path = "/posts/{id}/comments", operation_id = "list_comments", tag = "posts",
    params(("id" = PostId, Path), PageQuery),
    responses(
        (status = 200, body = Page<Comment>),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    )
)]
pub(crate) async fn list_comments(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path(id): Path<PostId>,
    page: PageQuery,
) -> Result<Json<Page<Comment>>, Problem> {
    Ok(Json(posts.list_comments(&viewer, id, page.after()?, page.limit).await?))
}

impl Posts {
    pub async fn list_comments(
        &self,
        viewer: &Viewer,
        post: PostId,
        after: Option<CommentId>,
        limit: Limit,
    ) -> Result<Page<Comment>, PostsError> {
        let mut reader = self.db.reader().await?;
        let sight = access::visible_among(&mut reader, viewer, &[post]).await?.pop().ok_or(PostsError::NotFound)?;
        let rows = store::comments::page(&mut reader, viewer, post, after, limit.fetch()).await?;
        drop(reader);
        let page = Page::from_rows(rows, limit, |comment| comment.comment_id);
        Ok(Page { items: self.comments(viewer, sight.can_delete(viewer), page.items).await?, next: page.next })
    }

    /// One comment, as the list shows it.
    pub(crate) async fn comment(&self, viewer: &Viewer, post: PostId, id: CommentId) -> Result<Comment, PostsError> {
        let mut reader = self.db.reader().await?;
        let sight = access::visible_among(&mut reader, viewer, &[post]).await?.pop().ok_or(PostsError::NotFound)?;
        let row = store::comments::find(&mut reader, viewer, post, id).await?.ok_or(PostsError::NotFound)?;
        drop(reader);
        self.comments(viewer, sight.can_delete(viewer), vec![row]).await?.pop().ok_or(PostsError::NotFound)
    }

    async fn comments(
        &self,
        viewer: &Viewer,
        removes_all: bool,
        rows: Vec<CommentRow>,
    ) -> Result<Vec<Comment>, PostsError> {
        let mut authors: Vec<UserId> = rows.iter().map(|row| row.author_id).collect();
        authors.sort_unstable();
        authors.dedup();
        let people = self.profiles.summaries(viewer, &authors).await?;
        let comments = rows.into_iter().filter_map(|row| {
            Some(Comment {
                id: row.comment_id,
                post_id: row.post_id,
                author: people.get(&row.author_id)?.clone(),
                body: row.body,
                can_delete: removes_all || row.author_id == viewer.user,
                created_at: row.created_at,
            })
        });
        Ok(comments.collect())
    }
}
