//! `GET /channels/invitations`

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_http::{Caller, Json, PageQuery, Problem};
use village_kernel::{ChannelId, Instant, Limit, Page, UserId, Viewer};
use village_ports::UserSummary;

use crate::channel::Channel;
use crate::{Posts, PostsError, store};

/// An invitation of yours that waits: `PUT /channels/{id}/membership` accepts it, `DELETE` declines it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelInvitation {
    pub channel: Channel,
    pub invited_by: UserSummary,
    pub invited_at: Instant,
}

/// List the channels you are invited to, the newest invitation first.
#[utoipa::path(
    get, path = "/channels/invitations", operation_id = "list_channel_invitations", tag = "posts", params(PageQuery),
    responses((status = 200, body = Page<ChannelInvitation>))
)]
pub(crate) async fn list_channel_invitations(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    page: PageQuery,
) -> Result<Json<Page<ChannelInvitation>>, Problem> {
    Ok(Json(posts.list_channel_invitations(&viewer, page.after()?, page.limit).await?))
}

impl Posts {
    pub async fn list_channel_invitations(
        &self,
        viewer: &Viewer,
        before: Option<(Instant, ChannelId)>,
        limit: Limit,
    ) -> Result<Page<ChannelInvitation>, PostsError> {
        let mut reader = self.db.reader().await?;
        let rows = store::invitations::page(&mut reader, viewer, before, limit.fetch()).await?;
        drop(reader);
        let page = Page::from_rows(rows, limit, |row| (row.at, row.channel.id));
        let inviters: Vec<UserId> = page.items.iter().map(|row| row.by).collect();
        let people = self.profiles.summaries(viewer, &inviters).await?;
        let invitation = |row: store::invitations::Invitation| {
            let invited_by = people.get(&row.by)?.clone();
            Some(ChannelInvitation { channel: row.channel, invited_by, invited_at: row.at })
        };
        Ok(Page { items: page.items.into_iter().filter_map(invitation).collect(), next: page.next })
    }
}
