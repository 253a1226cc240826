//! `GET /channels/{id}/members`

use std::sync::Arc;

use axum::extract::State;
use village_http::{Caller, Json, PageQuery, Path, Problem};
use village_kernel::{Limit, Page, UserId, Viewer};

use crate::channel::{ChannelMember, ChannelRef};
use crate::{Posts, PostsError, store};

/// List the members of a channel: of an open one for everybody, of a private one for members.
#[utoipa::path(
    get, path = "/channels/{id}/members", operation_id = "list_channel_members", tag = "posts",
    params(("id" = String, Path, description = "Id or slug", example = "preemies", max_length = 40), PageQuery),
    responses(
        (status = 200, body = Page<ChannelMember>),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    )
)]
pub(crate) async fn list_channel_members(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path(id): Path<String>,
    page: PageQuery,
) -> Result<Json<Page<ChannelMember>>, Problem> {
    Ok(Json(posts.list_channel_members(&viewer, &id, page.after()?, page.limit).await?))
}

impl Posts {
    pub async fn list_channel_members(
        &self,
        viewer: &Viewer,
        channel: &str,
        after: Option<UserId>,
        limit: Limit,
    ) -> Result<Page<ChannelMember>, PostsError> {
        let channel = self.readable_channel(viewer, &ChannelRef::parse(channel)?).await?;
        let mut reader = self.db.reader().await?;
        let rows = store::channels::members(&mut reader, viewer, channel.id, after, limit.fetch()).await?;
        drop(reader);
        let page = Page::from_rows(rows, limit, |member| member.user_id);
        let ids: Vec<UserId> = page.items.iter().map(|member| member.user_id).collect();
        let mut people = self.profiles.summaries(viewer, &ids).await?;
        let items = page
            .items
            .into_iter()
            .filter_map(|member| {
                let user = people.remove(&member.user_id)?;
                Some(ChannelMember { user, role: member.role, joined_at: member.joined_at })
            })
            .collect();
        Ok(Page { items, next: page.next })
    }
}
