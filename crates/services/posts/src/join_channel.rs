//! `PUT /channels/{id}/membership`, `DELETE /channels/{id}/membership`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use village_db::transaction;
use village_events::ChannelJoined;
use village_http::{Caller, Json, Path, Problem};
use village_kernel::Viewer;
use village_ports::Visibility;

use crate::channel::{Channel, ChannelRef, Membership};
use crate::{Posts, PostsError, store};

/// Join a channel: an open one, or one you are invited to.
#[utoipa::path(
    put, path = "/channels/{id}/membership", operation_id = "join_channel", tag = "posts",
    params(("id" = String, Path, description = "Id or slug", example = "preemies", max_length = 40)),
    responses(
        (status = 200, body = Channel, description = "You are a member, also if you were before"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    )
)]
pub(crate) async fn join_channel(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path(id): Path<String>,
) -> Result<Json<Channel>, Problem> {
    Ok(Json(posts.join_channel(&viewer, &id).await?))
}

/// Leave a channel, or decline an invitation to it. Its posts leave your feed, and you leave its conversation.
#[utoipa::path(
    delete, path = "/channels/{id}/membership", operation_id = "leave_channel", tag = "posts",
    params(("id" = String, Path, description = "Id or slug", example = "preemies", max_length = 40)),
    responses(
        (status = 204, description = "You are no member, also if you were none before"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`owner_cannot_leave`"),
    )
)]
pub(crate) async fn leave_channel(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    posts.leave_channel(&viewer, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Posts {
    pub async fn join_channel(&self, viewer: &Viewer, channel: &str) -> Result<Channel, PostsError> {
        let channel = ChannelRef::parse(channel)?;
        let now = self.clock.now();
        let joined = transaction!(&self.db, |tx| -> Result<Channel, PostsError> {
            let Some(channel) = store::channels::find(tx, viewer, &channel).await? else {
                return Err(PostsError::NotFound);
            };
            if channel.is_joined() {
                return Ok(channel);
            }
            let invited = self.end_invitation(tx, channel.id, viewer.user).await?;
            if channel.visibility == Visibility::Private && !invited {
                // Withdrawn since we looked, or used by the same person a moment ago.
                let now = store::channels::find(tx, viewer, &ChannelRef::Id(channel.id)).await?;
                return now.filter(Channel::is_joined).ok_or(PostsError::NotFound);
            }
            if store::channels::join(tx, channel.id, viewer.user, now).await? {
                self.outbox.publish(tx, &ChannelJoined { channel_id: channel.id, user_id: viewer.user }).await?;
            }
            store::channels::find(tx, viewer, &ChannelRef::Id(channel.id)).await?.ok_or(PostsError::NotFound)
        })?;
        Ok(joined)
    }

    pub async fn leave_channel(&self, viewer: &Viewer, channel: &str) -> Result<(), PostsError> {
        let channel = self.channel(viewer, &ChannelRef::parse(channel)?).await?;
        if channel.membership == Some(Membership::Owner) {
            return Err(PostsError::OwnerCannotLeave);
        }
        transaction!(&self.db, |tx| -> Result<(), PostsError> {
            self.end_invitation(tx, channel.id, viewer.user).await?;
            if store::channels::leave(tx, channel.id, viewer.user).await? {
                store::timelines::forget_channel(tx, viewer.user, channel.id).await?;
                self.conversations.channel_left(tx, channel.id, viewer.user).await?;
            }
            Ok(())
        })
    }
}
